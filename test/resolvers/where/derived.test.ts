import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Kind } from '../../../src/kinds/kind.ts';
import { Budget, DEFAULT_BUDGET } from '../../../src/resolvers/budget.ts';
import { DerivedValues, UNKNOWN } from '../../../src/resolvers/where/derived.ts';
import type { Stored } from '../../../src/store/contract.ts';
import { turnsOf } from '../../support/turns.ts';

/** ms that the clock shows, which only a look at an item moves on */
let now = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A list of which each item that is passed takes 1 µs. */
class Slow extends Array<Stored> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  override *entries(): ArrayIterator<[number, Stored]> {
    for (let i = 0; i < this.length; i++) {
      now += 0.001;
      yield [i, this[i]!];
    }
  }
}

const stored = (i: number): Stored => ({ namespace: 'a', name: `p${String(i).padStart(5, '0')}` }) as Stored;
const ITEMS = 10_000;

test('what is known of a list is gone through once for all that ask in one turn of the loop, and in slices', async () => {
  const derived = DerivedValues.of({} as Kind);
  const before = Slow.from(Array.from({ length: ITEMS }, (_, i) => stored(i)));
  const values = await derived.column<number>('key', before, new Budget(DEFAULT_BUDGET));
  for (let i = 0; i < ITEMS; i++) values[i] = i;
  const items = Slow.from(before);
  items[7] = stored(7);

  const began = now;
  const columns: (readonly unknown[])[] = [];
  const turns = await turnsOf(
    () => now,
    async () => {
      const asked = Array.from({ length: 20 }, () => derived.column('key', items, new Budget(DEFAULT_BUDGET)));
      columns.push(...(await Promise.all(asked)));
    },
  );
  expect(columns.every((column) => column.length === ITEMS && column[7] === UNKNOWN && column[8] === 8)).toBe(true);
  expect(Math.max(...turns)).toBeLessThan(15);
  expect(now - began).toBeLessThan((2 * ITEMS) / 1000);
});
