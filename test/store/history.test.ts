import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Key, Outcome, Store, Write } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { byUser, newest, ofPlaces } from '../../src/store/sql/history.ts';
import { measure } from '../../src/store/sql/retain.ts';
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
        // the rest is not filed yet
        if (value === steps.length >> 1) await compactOnce(database.url, {}, now);
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

  test.each([['before it is filed', false] as const, ['in the file', true] as const])(
    'of places, of a user and of a range are found %s',
    async (_, isFiled) => {
      const [where, eve] = [`where-${isFiled}`, `eve-${isFiled}`];
      const by = { user: eve, manager: 'm', verb: 'create' };
      const keys: Key[] = [keyOf('a', 'n1', where), keyOf('a', 'n2', where), keyOf('b', 'n2', where)];
      const revisions: number[] = [];
      for (const key of keys) revisions.push(revisionOf(await storeOf(0).commit({ ...create(key), by })));
      const [r0 = 0, r1 = 0, r2 = 0] = revisions;
      if (isFiled) await compactOnce(database.url, {}, now);
      const found = async (query: Parameters<Store['changes']>[0]): Promise<number[]> =>
        (await storeOf(1).changes(query)).map(({ revision }) => revision);
      const limit = 10;
      expect(await found({ places: [{ resource: where }], limit })).toEqual([r2, r1, r0]);
      expect(await found({ places: [{ resource: where }], limit: 2 })).toEqual([r2, r1]);
      expect(await found({ places: [{ resource: where, namespace: 'n2' }], limit })).toEqual([r2, r1]);
      expect(await found({ places: [the(keys[0]), the(keys[2])], limit })).toEqual([r2, r0]);
      expect(await found({ places: [{ resource: where }], below: r2, above: r0, limit })).toEqual([r1]);
      const later = { resource: where, namespace: 'n2', above: r1 };
      expect(await found({ places: [later], limit })).toEqual([r2]);
      expect(await found({ places: [later, { ...the(keys[0]), above: r0 - 1 }], limit })).toEqual([r2, r0]);
      expect(await found({ places: [{ ...the(keys[0]), above: r0 }], limit })).toEqual([]);
      expect(await found({ places: [{ resource: where }], user: 'nobody', limit })).toEqual([]);
      expect(await found({ places: [{ resource: where }], user: eve, limit: 1 })).toEqual([r2]);
      expect(await found({ user: eve, limit: 1 })).toEqual([r2]);
      expect(await found({ places: [], limit })).toEqual([]);
      expect((await found({ limit: 1 }))[0]).toBe(storeOf(0).revision);
    },
  );

  test('are found by a user whose name is longer than an index takes', async () => {
    const user = 'x'.repeat(5_000);
    const revision = revisionOf(await storeOf(0).commit({ ...create(keyOf('a', 'n', 'long')), by: { ...by, user } }));
    const found = async (): Promise<number[]> =>
      (await storeOf(1).changes({ places: [{ resource: 'long' }], user, limit: 10 })).map((one) => one.revision);
    expect(await found()).toEqual([revision]);
    await compactOnce(database.url, {}, now);
    expect(await found()).toEqual([revision]);
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
  const query = async <R extends object>(text: string, values: unknown[] = []): Promise<{ rows: R[] }> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return await client.query<R>(text, values);
    } finally {
      await client.end();
    }
  };
  const count = async (resource: string): Promise<number> => {
    const { rows } = await query<{ n: number }>('SELECT count(*)::int AS n FROM revision WHERE resource = $1', [
      resource,
    ]);
    return the(rows[0]).n;
  };
  // whatever went, the file says what there is
  afterEach(async () => {
    const { rows } = await query<{ revision: number }>(`
      SELECT coalesce(f.revision, r.revision)::int AS revision FROM (
        SELECT resource, namespace, block * 1024 + unnest(offsets) AS revision FROM filed
      ) f FULL JOIN (
        SELECT * FROM revision WHERE revision <= (SELECT measured FROM compaction)
      ) r USING (resource, namespace, revision) WHERE f.revision IS NULL OR r.revision IS NULL`);
    expect(rows).toEqual([]);
  });
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
    const latest = the((await written('large', 10)).at(-1));
    const history = { ms: 365 * DAY_MS, bytes: 1 << 30 };
    await compactOnce(database.url, { ...watches, history, resources: { large: { bytes: 1 } } }, now);
    expect([await count('small'), await count('large')]).toEqual([10, 1]);
    expect(await wasAt(storeOf(1), 'large', latest)).toEqual({ kept: 9 });
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

  test('of what is confidential its time alone says, and nothing is left in the file', async () => {
    const kept = keyOf('kept', 'n', 'secrets');
    const gone = keyOf('gone', 'elsewhere', 'secrets');
    let last = the((await written('secrets', 3)).at(-1));
    await storeOf(0).commit(remove(gone, revisionOf(await storeOf(0).commit(create(gone, 1)))));
    const emptied: number[] = [];
    for (const expected of [4, 1, 1]) {
      await compactOnce(database.url, { confidentialMs: 3_600_000 }, now);
      expect(await count('secrets')).toBe(expected);
      emptied.push((await query(`SELECT FROM filed WHERE resource = 'secrets' AND offsets = '{}'`)).rows.length);
      now += 3 * 3_600_000;
      last = revisionOf(await storeOf(0).commit(update(kept, last, expected)));
    }
    // a row that was left empty goes with the next that go
    expect(emptied).toEqual([0, 1, 0]);
  });
});

test('a page costs what is in it, and not what the log has', async () => {
  const apart = await createDatabase();
  const client = new pg.Client({ connectionString: apart.url });
  await client.connect();
  await client.query(`
    INSERT INTO revision (revision, resource, namespace, name, type, previous, at, "user", manager, verb, columns, body)
    SELECT i, CASE i % 5 WHEN 0 THEN 'services' ELSE 'pods' END, 'n-' || i % 40, 'o-' || i % 2000,
      CASE WHEN i <= 2001 THEN 'ADDED' ELSE 'MODIFIED' END, CASE WHEN i > 2001 THEN i - 2000 END, now(),
      CASE WHEN i = 7 THEN 'eve' WHEN i % 10 = 0 THEN 'bob' ELSE 'system:loop' END, 'm', 'update', '{}', repeat('y', 1000)
    FROM generate_series(2, 30000) i`);
  await client.query('UPDATE counter SET revision = 29000');
  while ((await client.query(measure, [1_000])).rows.length);
  await client.query('UPDATE counter SET revision = 30000');
  await client.query('ANALYZE');
  const pagesOf = async (text: string, values: unknown[]): Promise<number> => {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    const plan = rows[0]['QUERY PLAN'][0].Plan;
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  };
  const range = [0, Number.MAX_SAFE_INTEGER, 50];
  const none: unknown[] = [];
  const of = (resources: string[], places: [string, string][], user: string | null): unknown[] => [
    ...range,
    resources,
    places.map(([resource]) => resource),
    places.map(([, namespace]) => namespace),
    none,
    none,
    none,
    user,
    places.map(() => 0),
    none,
  ];
  // 1,000 rows of 1 KB are not filed: 150 pages
  const bounds: [string, unknown[], number][] = [
    [ofPlaces, of(['pods'], [], null), 100],
    [ofPlaces, of(['pods', 'services'], [], null), 100],
    [ofPlaces, of([], [['pods', 'n-3']], null), 400],
    [ofPlaces, of(['pods'], [], 'eve'), 400],
    [ofPlaces, of(['pods'], [], 'nobody'), 400],
    [ofPlaces, of([], [['services', 'n-10']], 'bob'), 400],
    [byUser, [...range, 'eve'], 400],
    [byUser, [...range, 'system:loop'], 200],
    [newest, range, 100],
  ];
  const pages: number[] = [];
  for (const [text, values] of bounds) pages.push(await pagesOf(text, values));
  // the log has 4,000
  expect(pages.filter((n, i) => n > the(bounds[i])[2])).toEqual([]);
  await client.end();
  await apart.drop();
});
