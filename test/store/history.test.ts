import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Key, Outcome, Store, Write } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { compactOnce } from '../support/compact-once.ts';
import { historyOf } from '../support/history-of.ts';
import { the } from '../support/at.ts';
import { create, keyOf, remove, update } from '../support/write.ts';

const DAY_MS = 86_400_000;
let database: TestDatabase;
let stores: Store[];
let now = 1_700_000_000_000;
beforeAll(async () => {
  database = await createDatabase();
  const options = { databaseUrl: database.url, ringSize: 20, clock: { now: () => now } };
  stores = [await openStore(options), await openStore(options)];
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await database.drop();
});
const storeOf = (i: number): Store => the(stores[i % stores.length]);

const revisionOf = (outcome: Outcome): number => {
  if (!outcome.ok) throw new Error(outcome.why);
  return outcome.stored.revision;
};
const wasAt = async (store: Store, resource: string, revision: number): Promise<Record<string, unknown>> => {
  const { items } = await store.pastAt({ resource }, revision);
  return Object.fromEntries(items.map(({ name, object }) => [name, object['value']]));
};

test('what it was at every revision, of random writes of two processes, is what a model says', async () => {
  const step = fc.record({ process: fc.nat(1), name: fc.constantFrom('a', 'b', 'c'), gone: fc.boolean() });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const resource = `random-${++run}`;
      const model = new Map<number, Record<string, unknown>>();
      let state: Record<string, { value: unknown; revision: number }> = {};
      for (const [value, { process, name, gone }] of steps.entries()) {
        const store = storeOf(process);
        await store.fresh();
        const key = keyOf(name, 'default', resource);
        const { [name]: there, ...others } = state;
        if (gone && !there) continue;
        const write = gone
          ? remove(key, the(there).revision)
          : there
            ? update(key, there.revision, value)
            : create(key, value);
        const revision = revisionOf(await store.commit(write));
        state = gone ? others : { ...others, [name]: { value, revision } };
        model.set(revision, Object.fromEntries(Object.entries(state).map(([name, { value }]) => [name, value])));
      }
      for (const store of stores) {
        await store.fresh();
        for (const [revision, expected] of model) expect(await wasAt(store, resource, revision)).toEqual(expected);
        const told = await store.changes({ places: [{ resource }], limit: 100 });
        expect(told.map(({ revision }) => revision)).toEqual([...model.keys()].reverse());
        // each entry leads from the state before it to the one after it
        for (const { before, stored, type } of told) {
          expect(before === undefined).toBe(type === 'ADDED');
          expect(stored).toBeDefined();
        }
      }
    }),
    { numRuns: 8 },
  );
});

describe('changes', () => {
  test('of what no text of the database can be are none', async () => {
    const store = storeOf(0);
    const odd = 'a\0b';
    const limit = 10;
    const none = [
      { user: odd },
      { changeSet: odd },
      { places: [{ resource: 'r', namespace: odd }] },
      { places: [{ resource: 'r', namespace: 'default', name: odd }] },
    ];
    for (const query of none) expect(await store.changes({ ...query, limit })).toEqual([]);
    const revision = revisionOf(await store.commit(create(keyOf('there', 'default', 'odd'), 1)));
    const places = [{ resource: 'odd' }, { resource: 'odd', namespace: odd }];
    expect((await store.changes({ places, limit })).map((one) => one.revision)).toEqual([revision]);
    expect((await store.pastAt({ resource: 'odd', namespace: odd }, revision)).items).toEqual([]);
  });

  const by = { user: 'eve', manager: 'm', verb: 'create', client: '10.0.0.9', facade: 'graphql', impersonator: 'root' };
  const made = async (writes: Write[]): Promise<number[]> => {
    const done = await storeOf(0).commitAll(writes);
    return done.ok ? done.stored.map(({ revision }) => revision) : [];
  };

  test('say how they came in, and what was written together', async () => {
    const [first, second] = await made([
      { ...create(keyOf('one', 'x', 'told'), 1), by },
      { ...create(keyOf('two', 'x', 'told'), 2), by },
    ]);
    const changeSet = String(first);
    expect(await storeOf(1).changes({ changeSet, limit: 10 })).toMatchObject([
      { revision: second, name: 'two', by, changeSet },
      { revision: first, name: 'one', by, changeSet },
    ]);
    const named = revisionOf(
      await storeOf(0).commit({ ...create(keyOf('three', 'x', 'told')), by: { ...by, changeSet: 'request-7' } }),
    );
    expect(await storeOf(1).changes({ changeSet: 'request-7', limit: 10 })).toMatchObject([{ revision: named }]);
    // a revision of a set names no set of its own
    expect(await storeOf(1).changes({ changeSet: String(second), limit: 10 })).toEqual([]);
    expect(await storeOf(1).changes({ changeSet: String(named), limit: 10 })).toEqual([]);
  });

  test('of places, of a user and of a range are found', async () => {
    const keys: Key[] = [keyOf('a', 'n1', 'where'), keyOf('a', 'n2', 'where'), keyOf('b', 'n2', 'where')];
    const revisions: number[] = [];
    for (const key of keys) revisions.push(revisionOf(await storeOf(0).commit({ ...create(key), by })));
    const [r0 = 0, r1 = 0, r2 = 0] = revisions;
    const found = async (query: Parameters<Store['changes']>[0]): Promise<number[]> =>
      (await storeOf(1).changes(query)).map(({ revision }) => revision);
    const limit = 10;
    expect(await found({ places: [{ resource: 'where' }], limit })).toEqual([r2, r1, r0]);
    expect(await found({ places: [{ resource: 'where' }], limit: 2 })).toEqual([r2, r1]);
    expect(await found({ places: [{ resource: 'where', namespace: 'n2' }], limit })).toEqual([r2, r1]);
    expect(await found({ places: [the(keys[0]), the(keys[2])], limit })).toEqual([r2, r0]);
    expect(await found({ places: [{ resource: 'where' }], below: r2, above: r0, limit })).toEqual([r1]);
    const later = { resource: 'where', namespace: 'n2', above: r1 };
    expect(await found({ places: [later], limit })).toEqual([r2]);
    expect(await found({ places: [later, { ...the(keys[0]), above: r0 - 1 }], limit })).toEqual([r2, r0]);
    expect(await found({ places: [{ ...the(keys[0]), above: r0 }], limit })).toEqual([]);
    expect(await found({ places: [{ resource: 'where' }], user: 'nobody', limit })).toEqual([]);
    expect(await found({ places: [{ resource: 'where' }], user: 'eve', limit: 1 })).toEqual([r2]);
    expect(await found({ user: 'eve', limit: 1 })).toEqual([r2]);
    expect(await found({ places: [], limit })).toEqual([]);
    expect((await found({ limit: 1 }))[0]).toBe(storeOf(0).revision);
  });
});

test('when an object was made is told for as long as it is there, the time for as long as its revision is', async () => {
  const key = keyOf('a', 'n', 'made');
  const [store, other] = [storeOf(0), storeOf(1)];
  const first = revisionOf(await store.commit(create(key, 1)));
  const second = revisionOf(await store.commit(update(key, first, 2)));
  expect(await other.made(key)).toEqual({ revision: first, at: now });
  await store.commit(remove(key, second));
  expect(await other.made(key)).toBeUndefined();
  now += 1234;
  const again = revisionOf(await store.commit(create(key, 3)));
  expect(await other.made(key)).toEqual({ revision: again, at: now });
});

describe('a time', () => {
  test('means the last revision at it or before it, in the order of revisions where clocks were put back', async () => {
    const at: [time: number, revision: number][] = [];
    const writeAt = async (time: number): Promise<number> => {
      now = time;
      const revision = revisionOf(await storeOf(at.length).commit(create(keyOf(`t${at.length}`, 'n', 'times'))));
      at.push([time, revision]);
      return revision;
    };
    const start = now + 10 * DAY_MS;
    const steps = [0, 10, 20, 30, 15, 25, 40, 5, 60].map((minutes) => start + minutes * 60_000);
    for (const time of steps) await writeAt(time);
    const check = async (): Promise<void> => {
      for (const time of [...steps, start + 12 * 60_000, start + 999 * 60_000]) {
        const expected = at.findLast(([written]) => written <= time)?.[1];
        for (const store of stores) expect(await store.revisionAt(time)).toBe(expected);
      }
    };
    for (const store of stores) await store.fresh();
    await check();
    // and after the log has been looked through
    await compactOnce(database.url, {}, start);
    await check();
    expect(await storeOf(0).revisionAt(1)).toBeUndefined();
    now = start + 60 * 60_000;
  });
});

describe('retention', () => {
  const count = async (resource: string): Promise<number> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM revision WHERE resource = $1', [
      resource,
    ]);
    await client.end();
    return the(rows[0]).n;
  };
  /** An object that is written `times` times, an hour apart. */
  const written = async (resource: string, times: number): Promise<number[]> => {
    const key = keyOf('kept', 'n', resource);
    const revisions = [revisionOf(await storeOf(0).commit(create(key, 0)))];
    for (let i = 1; i < times; i++) {
      now += 3_600_000;
      revisions.push(revisionOf(await storeOf(0).commit(update(key, the(revisions.at(-1)), i))));
    }
    return revisions;
  };
  /** Watches reach back to the newest revision. */
  const watches = { ms: 0, minRevisions: 0, versions: 1 };

  test('by age: history outlives what watches need, and says where it ends', async () => {
    const revisions = await written('aged', 10);
    await compactOnce(database.url, { ...watches, history: { ms: 5 * 3_600_000, bytes: 1 << 30 } }, now);
    // a process that remembers nothing
    const store = await openStore({ databaseUrl: database.url });
    // the five newest hours, and the state at their beginning
    expect(await count('aged')).toBe(6);
    expect(await wasAt(store, 'aged', the(revisions[5]))).toEqual({ kept: 5 });
    await expect(store.pastAt({ resource: 'aged' }, the(revisions[3]))).rejects.toThrow('is compacted');
    await expect(store.listAt({ resource: 'aged' }, the(revisions[5]))).rejects.toThrow('is compacted');
    expect(() => store.watch({ resource: 'aged' }, the(revisions[5]), { onEvents: () => {}, onEnd: () => {} })).toThrow(
      'is compacted',
    );
    const told = await historyOf(store, keyOf('kept', 'n', 'aged'), 100);
    expect(told.map(({ stored }) => stored?.object['value'])).toEqual([9, 8, 7, 6, 5, 4]);
    expect(told.map(({ before }) => before?.object['value'])).toEqual([8, 7, 6, 5, 4, undefined]);
    await store.close();
  });

  test('by size, of one resource and not of another', async () => {
    await written('small', 10);
    await written('large', 10);
    const history = { ms: 365 * DAY_MS, bytes: 1 << 30 };
    await compactOnce(database.url, { ...watches, history, resources: { large: { bytes: 1 } } }, now);
    expect([await count('small'), await count('large')]).toEqual([10, 1]);
    expect(await wasAt(storeOf(1), 'large', storeOf(1).revision)).toEqual({ kept: 9 });
  });

  test('a deleted object goes with all its history, when its time has come', async () => {
    const key = keyOf('gone', 'n', 'deleted');
    const made = revisionOf(await storeOf(0).commit(create(key, 1)));
    await storeOf(0).commit(remove(key, made));
    const history = { ms: 3_600_000, bytes: 1 << 30 };
    await compactOnce(database.url, { ...watches, history }, now);
    expect(await count('deleted')).toBe(2);
    now += 2 * 3_600_000;
    await storeOf(0).commit(create(keyOf('later', 'n', 'deleted'), 1));
    await compactOnce(database.url, { ...watches, history }, now);
    expect(await count('deleted')).toBe(1);
  });
});
