import { describe, expect, test } from 'vitest';
import { OrderedSet } from '../../../src/resolvers/live/ordered-set.ts';

const byNumber = (a: number, b: number): number => a - b;

/** Numbers in an order that is always the same (a linear congruential generator, Numerical Recipes). */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ;) yield (x = (x * 1664525 + 1013904223) % 2 ** 32);
}

describe('an ordered set', () => {
  test.each([1, 2, 3])('answers as a sorted array does, whatever is put in and taken out (%i)', (seed) => {
    const random = numbers(seed);
    const next = (below: number): number => random.next().value % below;
    const begin = Array.from({ length: next(3000) }, (_, i) => i * 3);
    const set = new OrderedSet(byNumber, begin);
    const model = [...begin];
    for (let step = 0; step < 6000; step++) {
      const item = next(9000);
      const place = model.findIndex((other) => other >= item);
      const at = place < 0 ? model.length : place;
      if (model[at] === item) {
        expect(set.rankOf(item)).toBe(at);
        expect(set.delete(item)).toBe(at);
        model.splice(at, 1);
      } else if (next(3) > 0) {
        expect(set.add(item)).toBe(at);
        model.splice(at, 0, item);
      } else expect(set.delete(item)).toBe(-1);
      const rank = next(model.length + 2);
      expect(set.at(rank)).toBe(model[rank]);
    }
    expect(set.size).toBe(model.length);
    for (const count of [0, 1, 700, model.length, model.length + 5])
      expect(set.first(count)).toEqual(model.slice(0, count));
  });

  test('may be emptied and filled again', () => {
    const set = new OrderedSet(byNumber, [1]);
    expect([set.delete(1), set.size, set.at(0), set.delete(1)]).toEqual([0, 0, undefined, -1]);
    expect([set.add(5), set.add(4), set.first(9)]).toEqual([0, 0, [4, 5]]);
  });
});
