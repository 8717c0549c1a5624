import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Slice } from '../../../src/api/fairness/turns.ts';
import { turnsOf } from '../../support/turns.ts';

/** ms that the clock shows, which only work moves on, and which never goes back */
let now = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Some work in steps of 1 ms, that asks after each whether it is the turn of others. */
async function work(steps: number): Promise<void> {
  const slice = new Slice();
  for (let i = 0; i < steps; i++) {
    now++;
    if (slice.over) await slice.next();
  }
}

/** The ms of each turn in which something was done until so many pieces of 20 steps were over. */
const turnsOfPieces = (pieces: number): Promise<number[]> =>
  turnsOf(
    () => now,
    () => Promise.all(Array.from({ length: pieces }, () => work(20))),
  );

describe('the long work of one turn of the event loop', () => {
  test('is some milliseconds of one piece', async () => {
    const turns = await turnsOfPieces(1);
    expect(turns.reduce((a, b) => a + b)).toBe(20);
    expect(Math.max(...turns)).toBeLessThanOrEqual(7);
  });

  test('is no more of many: where all begin in one turn each makes a step, and then they go on together', async () => {
    const [first = 0, ...others] = await turnsOfPieces(20);
    expect(others.reduce((a, b) => a + b, first)).toBe(400);
    expect(first).toBeLessThanOrEqual(20 + 6);
    expect(Math.max(...others)).toBeLessThanOrEqual(7);
  });

  test('is counted from its own beginning: a turn that comes later has all of its time', async () => {
    await work(3);
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    const slice = new Slice();
    now += 4;
    expect(slice.over).toBe(false);
    now += 2;
    expect(slice.over).toBe(true);
  });
});
