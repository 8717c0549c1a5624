import { describe, expect, test } from 'vitest';
import { OrderedSet, type Placed } from '../../../src/resolvers/live/ordered-set.ts';

interface Item extends Placed<Item> {
  value: number;
}
const items = new Map<number, Item>();
const item = (value: number): Item => items.get(value) ?? items.set(value, { value }).get(value)!;
const byValue = (a: Item, b: Item): number => a.value - b.value;
const values = (list: readonly (Item | undefined)[]): (number | undefined)[] => list.map((one) => one?.value);

function setOf(sorted: readonly number[]): OrderedSet<Item> {
  items.clear();
  const set = new OrderedSet<Item>(byValue);
  for (const _ of set.fill(sorted.map(item)));
  return set;
}

/** Numbers in an order that is always the same (a linear congruential generator, Numerical Recipes). */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ;) yield (x = (x * 1664525 + 1013904223) % 2 ** 32);
}

describe('an ordered set', () => {
  test.each([1, 2, 3])('answers as a sorted array does, whatever is put in and taken out (%i)', (seed) => {
    const random = numbers(seed);
    const next = (below: number): number => random.next().value % below;
    const begin = Array.from({ length: next(3000) }, (_, i) => i * 3);
    const set = setOf(begin);
    const model = [...begin];
    for (let step = 0; step < 6000; step++) {
      const value = next(9000);
      const place = model.findIndex((other) => other >= value);
      const at = place < 0 ? model.length : place;
      if (model[at] === value) {
        expect(set.rankOf(item(value))).toBe(at);
        expect(set.delete(item(value))).toBe(at);
        model.splice(at, 1);
      } else if (next(3) > 0) {
        expect(set.add(item(value))).toBe(at);
        model.splice(at, 0, value);
      } else expect([set.rankOf(item(value)), set.delete(item(value))]).toEqual([-1, -1]);
      const rank = next(model.length + 2);
      expect(set.at(rank)?.value).toBe(model[rank]);
    }
    expect(set.size).toBe(model.length);
    for (const count of [0, 1, 700, model.length, model.length + 5])
      expect(values(set.first(count))).toEqual(model.slice(0, count));
  });

  test('may be emptied and filled again', () => {
    const set = setOf([1]);
    expect([set.delete(item(1)), set.size, set.at(0), set.delete(item(1))]).toEqual([0, 0, undefined, -1]);
    expect([set.add(item(5)), set.add(item(4)), values(set.first(9))]).toEqual([0, 0, [4, 5]]);
  });

  test('takes out what compares otherwise by now, and does not know what another set has', () => {
    const set = setOf([1, 2, 3]);
    const changed = item(1);
    changed.value = 7;
    expect([set.delete(changed), set.add(changed), values(set.first(9))]).toEqual([0, 2, [2, 3, 7]]);
    const other = new OrderedSet<Item>(byValue);
    expect([other.rankOf(changed), other.delete(changed), set.size]).toEqual([-1, -1, 3]);
  });
});
