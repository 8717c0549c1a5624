import { Slice } from '../fairness/turns.ts';

/** Runs through work that is done step by step, and gives way in between. */
export async function inSlices(steps: Iterable<unknown>): Promise<void> {
  const slice = new Slice();
  for (const _ of steps) if (slice.over) await slice.next();
}
