import type { Clock } from './contract.ts';

/** The system's clock. Timers do not keep the process alive: a role stops when its connections do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(run, ms) {
    // Longer than 2^31-1 ms would fire at once; whoever waits that long looks again then.
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
    timer.unref();
    return timer;
  },
  clearTimeout(handle) {
    clearTimeout(handle as NodeJS.Timeout);
  },
};

/** ms since the epoch; NaN where there is no time. */
export const msOf = (time: string | undefined): number => (time ? Date.parse(time) : Number.NaN);
