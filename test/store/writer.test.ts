import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { historyOf } from '../support/history-of.ts';
import { create, keyOf } from '../support/write.ts';

let database: TestDatabase;
let store: Store;
/** each look at the clock is another ms, and a statement looks once */
let now = 0;
let moreComes = false;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url, clock: { now: () => ++now }, moreComes: () => moreComes });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const turn = () => new Promise(setImmediate);

/** When the writes of these names, each of which begins a turn after the one before, were written. */
async function written(names: readonly string[]): Promise<(number | undefined)[]> {
  const outcomes: Promise<unknown>[] = [];
  for (const [i, name] of names.entries()) {
    if (i === names.length - 1) moreComes = false;
    outcomes.push(store.commit(create(keyOf(name))));
    await turn();
  }
  await Promise.all(outcomes);
  const entries = await Promise.all(names.map((name) => historyOf(store, keyOf(name), 1)));
  return entries.map(([entry]) => entry?.at);
}

test('a statement takes what has come when it begins', async () => {
  const [first, second] = await written(['alone', 'later']);
  expect(second).not.toBe(first);
});

test('a statement waits for writes that are known to come in the next turns', async () => {
  moreComes = true;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const [first, second, third] = await written(['a', 'b', 'c']);
  clock.mockRestore();
  expect([second, third]).toEqual([first, first]);
});

test('a statement does not wait for long', async () => {
  moreComes = true;
  expect(await store.commit(create(keyOf('impatient')))).toMatchObject({ ok: true });
  moreComes = false;
});
