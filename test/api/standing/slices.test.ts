import { expect, it } from 'vitest';
import { inSlices } from '../../../src/api/standing/slices.ts';

it('gives way while it works', async () => {
  const STEPS = 20;
  const STEP_MS = 2;
  let [turns, over] = [0, false];
  const turn = (): void => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  let worked = 0;
  await inSlices(
    (function* work() {
      for (; worked < STEPS; worked++) {
        const end = performance.now() + STEP_MS;
        while (performance.now() < end);
        yield;
      }
    })(),
  );
  over = true;
  expect(worked).toBe(STEPS);
  // a slice is some 5 ms, the whole 40
  expect(turns).toBeGreaterThan(3);
});

it('is over with nothing to do', () => inSlices([]));
