import type { Timers } from '../../rules/clock.ts';

/** Between a change and the routes that follow from it, ms: the changes of one moment are one. */
const SOON_MS = 20;
/** Between two times, as many times as the last took: so that a cluster that never rests leaves time for requests. */
const SHARE = 10;

/** Does something soon after each change, and not all the time. */
export class Rebuild {
  private timer: unknown;
  private notBefore = 0;

  constructor(
    private readonly clock: Timers & { now(): number },
    private readonly run: () => void,
  ) {}

  /** Something has changed. */
  readonly soon = (): void => {
    this.timer ??= this.clock.setTimeout(() => this.now(), Math.max(SOON_MS, this.notBefore - this.clock.now()));
  };

  now(): void {
    this.stop();
    const began = this.clock.now();
    this.run();
    const ended = this.clock.now();
    this.notBefore = ended + SHARE * (ended - began);
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
