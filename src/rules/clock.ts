/** Time as every part sees it. Injected everywhere, so that a test plays a day in a second. */
export interface Clock {
  /** ms since the epoch */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** The part of a clock that only waits. */
export type Timers = Pick<Clock, 'setTimeout' | 'clearTimeout'>;

/** The longest wait of a Node timer, ms: a longer one would fire at once. Whoever waits longer looks again then. */
const LONGEST = 2 ** 31 - 1;

/** The system's clock. Timers do not keep the process alive: a role stops when its connections do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, Math.min(ms, LONGEST));
    timer.unref();
    return timer;
  },
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
