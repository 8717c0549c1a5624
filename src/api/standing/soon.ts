import type { Timers } from '../../rules/clock.ts';

/** Does `work` soon after it was asked for, once for all who ask in between, and never twice at the same time. */
export class Soon {
  private timer: unknown;
  private busy = false;
  private again = false;
  private over = false;

  /** @param ms that it waits for others to ask */
  constructor(
    private readonly timers: Timers,
    private readonly ms: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** @param ms less than usual where it is urgent */
  ask(ms = this.ms): void {
    if (this.over) return;
    if (this.busy) this.again = true;
    else this.timer ??= this.timers.setTimeout(() => void this.run(), ms);
  }

  close(): void {
    this.over = true;
    this.timers.clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.busy = true;
    try {
      await this.work();
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.ask();
      }
    }
  }
}
