import { setImmediate as nextTurn } from 'node:timers/promises';

/** ms of work, after which others have their turn */
const SLICE_MS = 5;

/** Runs through work that is done step by step, and gives way in between. */
export async function inSlices(steps: Iterable<unknown>): Promise<void> {
  let since = performance.now();
  for (const _ of steps) {
    if (performance.now() - since < SLICE_MS) continue;
    await nextTurn();
    since = performance.now();
  }
}
