import type { Clock } from '../rules/clock.ts';

export interface RoundsOptions {
  clock: Clock;
  /** ms from the beginning of one to that of the next, which waits for the end of the one before */
  everyMs: number;
  round(): Promise<void>;
  /** told what a round ended with; the next one comes all the same */
  failed(error: unknown): void;
}

/** Work that is done again and again, never twice at once. */
export class Rounds {
  stopped = false;
  private timer: unknown;

  constructor(private readonly options: RoundsOptions) {}

  /** Resolves after the first round. */
  async start(): Promise<void> {
    const { clock, everyMs, round, failed } = this.options;
    const began = clock.now();
    await round().catch(failed);
    if (this.stopped) return;
    this.timer = clock.setTimeout(() => void this.start(), Math.max(0, began + everyMs - clock.now()));
  }

  /** What is under way ends by itself. */
  stop(): void {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
  }
}
