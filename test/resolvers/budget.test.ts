import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../src/api/fairness/turns.ts';
import { Budget, type BudgetLimits } from '../../src/resolvers/budget.ts';
import { JsonWriter } from '../../src/resolvers/json-text.ts';
import { writeLongJson } from '../../src/resolvers/long-json.ts';
import { sorted } from '../../src/resolvers/where/sorting.ts';

const LIMITS: BudgetLimits = {
  fields: 10,
  looks: 10,
  text: 10,
  schema: 10,
  whole: 10,
  time: 1000,
  large: { fields: 5, bytes: 5 },
};
const TOO_LARGE = expect.objectContaining({ code: 413 });

describe('a budget', () => {
  test.each([
    ['fields', (budget: Budget) => budget.produce(6)],
    ['looks', (budget: Budget) => budget.look(6)],
    ['text', (budget: Budget) => budget.write(6)],
    ['text of the schema', (budget: Budget) => budget.tell(6)],
  ])('of %s is spent once', async (_, spend) => {
    const budget = new Budget(LIMITS);
    spend(budget);
    budget.check();
    expect(() => spend(budget)).toThrow(TOO_LARGE);
    expect(() => budget.check()).toThrow(TOO_LARGE);
    await expect(budget.exceeded).rejects.toEqual(TOO_LARGE);
    await expect(budget.turn()).rejects.toEqual(TOO_LARGE);
  });

  test('of whole objects begins after the largest list', () => {
    const budget = new Budget(LIMITS);
    budget.pass(1000);
    budget.pass(10);
    expect(() => budget.pass(1)).toThrow(TOO_LARGE);
  });

  test('makes a large operation wait for its place, once, and gives it back', async () => {
    let entered = 0;
    let left = 0;
    const budget = new Budget(LIMITS, () => {
      entered++;
      return Promise.resolve(() => void left++);
    });
    await budget.turn();
    expect(entered).toBe(0);
    budget.produce(6);
    expect(budget.due).toBe(true);
    await Promise.all([budget.turn(), budget.turn(), budget.turn()]);
    budget.close();
    budget.close();
    expect([entered, left]).toEqual([1, 1]);
  });

  test('ends with its client', async () => {
    const client = new AbortController();
    const budget = new Budget(LIMITS, undefined, client.signal);
    client.abort();
    await expect(budget.exceeded).rejects.toEqual(expect.objectContaining({ code: 400 }));
  });
});

const NONE: BudgetLimits = { ...LIMITS, fields: 1e9, text: 1e9, large: { fields: 1e9, bytes: 1e9 } };

test.each([
  ['nothing', null],
  ['text', 'a"\n\ud800'],
  ['lists in lists', [[], [[1]], [null, true]]],
  ['what is undefined', { a: undefined, b: 1, c: { d: undefined } }],
  ['nothing in a list', [undefined, 1]],
  ['without a prototype', Object.assign(Object.create(null) as object, { a: { b: [] } })],
  ['a key of its own', JSON.parse('{"__proto__":{"a":1}}')],
  ['much', Array.from({ length: 2000 }, (_, i) => ({ i, text: `${i}` }))],
])('long JSON is that of JSON.stringify: %s', async (_, value) => {
  const out = new JsonWriter();
  await writeLongJson(value, out, new Budget(NONE));
  expect(String(out.end())).toBe(JSON.stringify(value));
});

test('sorting in runs is sorting, and keeps what is equal as it was', async () => {
  const items = Array.from({ length: 5000 }, (_, i) => ({ key: (i * 7919) % 100, i }));
  const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key;
  expect(await sorted(items, compare)).toEqual([...items].sort(compare));
  expect(await sorted([], compare)).toEqual([]);
});

test('what is in order already is passed over once, and no more', async () => {
  const items = Array.from({ length: 10_000 }, (_, n) => n);
  let compared = 0;
  const compare = (a: number, b: number): number => {
    compared++;
    return a - b;
  };
  expect(await sorted(items, compare)).toEqual(items);
  expect(compared).toBeLessThan(items.length);
});

test('turns are given in the order in which they were asked for', async () => {
  const order: number[] = [];
  await Promise.all(Array.from({ length: 50 }, (_, i) => nextTurn().then(() => order.push(i))));
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
