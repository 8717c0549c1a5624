import type { Clock } from '../../src/control/contract.ts';

/** Wall time, for the tests that run real processes. */
export const realClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
