import type { Clock } from '../../rules/clock.ts';

/** Pause after a run, ms: what changes meanwhile is one run. */
const PAUSE_MS = 30;
/** Before another try after a failure, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/** Runs `work` after changes, never twice at a time, and again after a failure. */
export class SyncLoop {
  private running: Promise<void> | undefined;
  private wanted = false;
  private stopped = false;
  private failures = 0;
  private timer: unknown;
  private wake: () => void = () => undefined;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** There is something to do. */
  request(): void {
    this.wanted = true;
    if (this.stopped) return;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.wanted && !this.stopped) this.request();
    });
  }

  /** Resolves when all that was requested until now has been done, or has failed. */
  async flush(): Promise<void> {
    this.request();
    await this.running;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.clock.clearTimeout(this.timer);
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        await this.work();
        this.failures = 0;
      } catch (error) {
        this.onError(error);
        this.clock.clearTimeout(this.timer);
        const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures++);
        this.timer = this.clock.setTimeout(() => this.request(), delay);
        return;
      }
      if (this.wanted) await this.pause();
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => this.wake(), PAUSE_MS);
      this.wake = () => {
        this.clock.clearTimeout(timer);
        resolve();
      };
    });
  }
}
