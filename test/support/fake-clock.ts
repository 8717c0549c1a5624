import type { Clock } from '../../src/rules/clock.ts';

/** A clock that stands still until it is advanced; timers run in the order of their time. */
export class FakeClock implements Clock {
  private readonly timers = new Map<number, { at: number; run: () => void }>();
  private serial = 0;
  /** lets everything that a timer has started come to its end */
  settle: () => Promise<void> = flush;
  constructor(private time = Date.parse('2026-01-01T00:00:00Z')) {}

  now(): number {
    return this.time;
  }
  setTimeout(run: () => void, ms: number): unknown {
    this.timers.set(++this.serial, { at: this.time + Math.max(0, ms), run });
    return this.serial;
  }
  clearTimeout(handle: unknown): void {
    this.timers.delete(handle as number);
  }

  /** As if the time since then had not passed; what waits for a time waits for it still. */
  setBack(time: number): void {
    this.time = time;
  }

  /** Runs what is due within the next `ms`; between timers everything that they started may finish. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await this.settle();
    for (;;) {
      let next: [number, { at: number; run: () => void }] | undefined;
      for (const entry of this.timers) if (entry[1].at <= end && (!next || entry[1].at < next[1].at)) next = entry;
      if (!next) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].run();
      await this.settle();
    }
    this.time = end;
  }
}

/** Lets all promises that do not wait for the outside world settle. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
