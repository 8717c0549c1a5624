import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Outcome, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { Witness } from '../support/witness.ts';
import { create, keyOf, remove, update } from '../support/write.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { the } from '../support/at.ts';

let database: TestDatabase;
let stores: Store[];
const storeOf = (index: number): Store => the(stores[index]);
beforeAll(async () => {
  database = await createDatabase();
  stores = await Promise.all([1, 2].map(() => openStore({ databaseUrl: database.url, ringSize: 50 })));
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

const operation = fc.record({
  store: fc.nat(1),
  key: fc.nat(4),
  kind: fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'remove' as const),
  together: fc.boolean(),
});

/** As a client would: from what its process has in the cache, which may be old. */
function perform(store: Store, index: number, kind: 'create' | 'update' | 'remove', value: number): Promise<Outcome> {
  const key = keyOf(`k${index}`, `n${index % 2}`);
  const seen = store.get(key)?.revision ?? 1;
  return store.commit(
    kind === 'create' ? create(key, value) : kind === 'update' ? update(key, seen, value) : remove(key, seen),
  );
}

test('two processes on one database: gapless revisions, and each watch hears each event once and in order', async () => {
  let value = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 120 }), async (operations) => {
      const from = Math.max(...(await Promise.all(stores.map((store) => store.fresh()))));
      const witnesses = stores.map((store) => new Witness(store, { resource: 'things' }, from));
      for (const witness of witnesses) witness.knows(storeOf(0));
      const outcomes: Outcome[] = [];
      let running: Promise<Outcome>[] = [];
      for (const { store, key, kind, together } of operations) {
        running.push(perform(storeOf(store), key, kind, ++value));
        if (!together) outcomes.push(...(await Promise.all(running.splice(0))));
      }
      outcomes.push(...(await Promise.all(running)));
      running = [];

      const revisions = outcomes
        .flatMap((outcome) => (outcome.ok ? [outcome.stored.revision] : []))
        .sort((a, b) => a - b);
      expect(revisions).toEqual(revisions.map((_, i) => from + 1 + i));
      await Promise.all(stores.map((store) => store.fresh()));
      for (const [i, witness] of witnesses.entries()) {
        expect(witness.revisions.slice(1)).toEqual(revisions);
        expect(witness.faultsAgainst(storeOf(i))).toEqual([]);
        witness.stop();
      }
    }),
    { numRuns: 25 },
  );
});

test('of many who create the same object at once, in two processes, one does', async () => {
  for (let round = 0; round < 20; round++) {
    const outcomes = await Promise.all([0, 1, 0, 1].map((i) => storeOf(i).commit(create(keyOf(`race-${round}`), i))));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    for (const outcome of outcomes) if (!outcome.ok) expect(outcome.current?.name).toBe(`race-${round}`);
  }
});

test('counting up with retries in two processes loses no step', async () => {
  const key = keyOf('counter');
  await storeOf(0).commit(create(key, 0));
  await storeOf(1).fresh();
  const increment = async (store: Store): Promise<void> => {
    for (;;) {
      const current = store.get(key)!;
      const outcome = await store.commit(update(key, current.revision, Number(current.object['value']) + 1));
      if (outcome.ok) return;
      expect(outcome.current!.revision).toBeGreaterThan(current.revision);
    }
  };
  await Promise.all(stores.flatMap((store) => Array.from({ length: 25 }, () => increment(store))));
  await Promise.all(stores.map((store) => store.fresh()));
  for (const store of stores) expect(store.get(key)!.object['value']).toBe(50);
});

test('all-or-nothing writes of two processes that overlap never mix', async () => {
  const keys = [1, 2, 3].map((i) => keyOf(`set-${i}`));
  await storeOf(0).commitAll(keys.map((key) => create(key, 0)));
  await storeOf(1).fresh();
  const attempt = async (store: Store, value: number): Promise<boolean> => {
    const order = value % 2 ? keys : [...keys].reverse();
    return (await store.commitAll(order.map((key) => update(key, store.get(key)!.revision, value)))).ok;
  };
  let won = 0;
  for (let round = 1; round <= 20; round++) {
    const results = await Promise.all([attempt(storeOf(0), round * 2), attempt(storeOf(1), round * 2 + 1)]);
    won += results.filter(Boolean).length;
    const revision = Math.max(...(await Promise.all(stores.map((store) => store.fresh()))));
    await Promise.all(stores.map((store) => store.reached(revision, 5_000)));
    expect(new Set(keys.map((key) => storeOf(round % 2).get(key)!.object['value'])).size).toBe(1);
  }
  expect(won).toBeGreaterThanOrEqual(20);
});

test('what one process commits reaches the watches of an idle other one', async () => {
  const witness = new Witness(storeOf(1), { resource: 'idle' }, await storeOf(1).fresh());
  await storeOf(0).commit(create(keyOf('woken', 'n', 'idle')));
  await vi.waitFor(() => expect(witness.revisions).toHaveLength(2), { timeout: PATIENCE_MS, interval: 5 });
  witness.stop();
});

test('a process that slept through a compaction loads anew and ends its watches', async () => {
  const sleeper = await openStore({ databaseUrl: database.url });
  const ends: string[] = [];
  sleeper.watch({ resource: 'things' }, sleeper.revision, {
    onEvents: () => undefined,
    onEnd: (why) => ends.push(why),
  });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // its follower cannot read while the log is locked
  await client.query('BEGIN; LOCK TABLE revision IN ACCESS EXCLUSIVE MODE');
  await client.query(
    'UPDATE counter SET revision = revision + 5; UPDATE compaction SET revision = (SELECT revision FROM counter)',
  );
  await client.query(
    `UPDATE history SET horizon = (SELECT revision FROM counter), swept = (SELECT revision FROM counter)`,
  );
  await client.query('COMMIT');
  await client.end();
  await sleeper.fresh();
  expect(ends).toEqual(['expired']);
  expect(sleeper.compacted).toBe(sleeper.revision);
  await sleeper.close();
});
