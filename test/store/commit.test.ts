import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { historyOf } from '../support/history-of.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { contentOf, create, keyOf, remove, update } from '../support/write.ts';
import { the } from '../support/at.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

async function done(outcome: Promise<Outcome>): Promise<(Outcome & { ok: true })['stored']> {
  const result = await outcome;
  if (!result.ok) throw new Error(result.why);
  return result.stored;
}

test('a created object is in the cache with its revision spliced in', async () => {
  const key = keyOf('created', 'ns', 'pods');
  const stored = await done(
    store.commit(create(key, 'ä€😀', { labels: { a: 'b' }, fields: { f: 'g' }, owners: ['o1'] })),
  );
  expect(stored.bytes.toString()).toBe(
    `{"metadata":{"resourceVersion":"${stored.revision}","name":"created","namespace":"ns","uid":"uid-pods-ns-created"},"value":"ä€😀"}`,
  );
  expect(store.get(key)).toBe(stored);
  expect(store.revision).toBe(stored.revision);
  expect(stored).toMatchObject({ labels: { a: 'b' }, fields: { f: 'g' }, owners: ['o1'], uid: 'uid-pods-ns-created' });
  expect(stored.object).toBe(stored.object);
  expect(stored.object.metadata.resourceVersion).toBe(String(stored.revision));
  expect(stored.copy()).not.toBe(stored.object);
  expect(store.byUid(stored.uid)).toBe(stored);
  expect(store.owned('o1')).toEqual([stored]);
});

test("the writer's object is used instead of a parse, with the new revision and without kind, where an update is large", async () => {
  const key = keyOf('given');
  const written = async (value: object) => {
    const { body, columns } = contentOf(key, value);
    const object = { kind: 'Thing', ...JSON.parse(body.toString()) };
    object.metadata.resourceVersion = '3';
    const { current } = (await store.commit({ ...create(key), type: 'create', body, columns, object })) as {
      current?: { revision: number };
    };
    const stored = current
      ? await done(
          store.commit({
            ...update(key, current.revision),
            type: 'update',
            expect: current.revision,
            body,
            columns,
            object,
          }),
        )
      : store.get(key)!;
    expect(stored.object).toEqual(JSON.parse(stored.bytes.toString()));
    return stored.object.value === object.value;
  };
  expect(await written({ large: 'x'.repeat(2_000) })).toBe(false); // a create
  expect(await written({ small: 'x' })).toBe(false);
  expect(await written({ large: 'y'.repeat(2_000) })).toBe(true);
});

test('each failed expectation says what it met', async () => {
  const key = keyOf('expectations');
  const first = await done(store.commit(create(key)));
  expect(await store.commit(create(key))).toEqual({ ok: false, why: 'exists', current: first });
  const second = await done(store.commit(update(key, first.revision, 2)));
  expect(await store.commit(update(key, first.revision, 3))).toEqual({ ok: false, why: 'changed', current: second });
  expect(await store.commit(remove(key, first.revision))).toEqual({ ok: false, why: 'changed', current: second });
  const gone = await done(store.commit(remove(key, second.revision)));
  expect(gone.object.value).toBe(2);
  expect(gone.object.metadata.resourceVersion).toBe(String(gone.revision));
  expect(await store.commit(update(key, second.revision))).toEqual({ ok: false, why: 'missing', current: undefined });
  expect(await store.commit(remove(key, second.revision))).toEqual({ ok: false, why: 'missing', current: undefined });
  expect(store.get(key)).toBeUndefined();
  expect(store.byUid(first.uid)).toBeUndefined();
});

test('writes that come together take consecutive revisions, those of one key in their order', async () => {
  const before = store.revision;
  const keys = Array.from({ length: 200 }, (_, i) => keyOf(`batch-${i}`));
  const outcomes = await Promise.all([...keys, ...keys].map((key) => store.commit(create(key))));
  expect(outcomes.slice(0, 200).every(({ ok }) => ok)).toBe(true);
  expect(outcomes.slice(200).every((outcome) => !outcome.ok && outcome.why === 'exists')).toBe(true);
  const revisions = outcomes.slice(0, 200).map((outcome) => (outcome.ok ? outcome.stored.revision : 0));
  expect([...revisions].sort((a, b) => a - b)).toEqual(keys.map((_, i) => before + 1 + i));
});

test('commitAll writes all at consecutive revisions, or nothing', async () => {
  const [a, b, c] = [keyOf('all-a'), keyOf('all-b'), keyOf('all-c')] as const;
  const before = store.revision;
  const all = await store.commitAll([create(a), create(b)]);
  expect(all.ok && all.stored.map(({ revision }) => revision)).toEqual([before + 1, before + 2]);
  const failed = await store.commitAll([create(c), create(b), remove(a, before + 1)]);
  expect(failed).toMatchObject({ ok: false, index: 1, outcome: { ok: false, why: 'exists' } });
  expect(store.get(c)).toBeUndefined();
  expect(await store.fresh()).toBe(before + 2);
  const removed = await store.commitAll([remove(a, before + 1), remove(b, before + 2)]);
  expect(removed.ok && removed.stored.map(({ name }) => name)).toEqual(['all-a', 'all-b']);
});

test('a write that Postgres refuses fails alone', async () => {
  const bad = { ...create(keyOf('bad')), name: 'nul\0' };
  const outcomes = await Promise.allSettled([
    store.commit(create(keyOf('beside-1'))),
    store.commit(bad),
    store.commit(create(keyOf('beside-2'))),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a body that is not in the agreed form is refused', async () => {
  const write = {
    ...create(keyOf('form')),
    type: 'create' as const,
    body: Buffer.from('{"kind":"x"}'),
    columns: contentOf(keyOf('form')).columns,
  };
  await expect(store.commit(write)).rejects.toThrow('a body must begin with');
});

test('an author with characters that Postgres has not is written with a replacement', async () => {
  const key = keyOf('author');
  await done(store.commit({ ...create(key), by: { user: 'a\0b', manager: '"{}\\', verb: 'create' } }));
  const [entry] = await historyOf(store, key, 1);
  expect(entry?.by).toEqual({ user: 'a\uFFFDb', manager: '"{}\\', verb: 'create' });
});

test('waiting writes are bounded', async () => {
  const writes = Array.from({ length: 10_050 }, (_, i) => store.commit(update(keyOf(`nothing-${i}`), 1)));
  const results = await Promise.allSettled(writes);
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(50);
});

test('encodings are made once', async () => {
  const stored = await done(store.commit(create(keyOf('encoded'))));
  let made = 0;
  const make = (): Buffer => Buffer.from(`made ${++made}`);
  expect(stored.encoded('yaml', make)).toBe(stored.encoded('yaml', make));
  expect(made).toBe(1);
});

test('patient writes wait for others, and not longer when a hurried one comes', async () => {
  const keys = [keyOf('patient-1'), keyOf('patient-2'), keyOf('patient-3')] as const;
  const first = await Promise.all(keys.map((key) => done(store.commit(create(key)))));
  // a patience that would outlast the test: only the hurried write can have brought them along
  const patient = first.map(({ revision }, n) =>
    done(store.commit({ ...update(the(keys[n]), revision, 2), patience: 1_000_000 })),
  );
  const hurried = await done(store.commit(create(keyOf('hurried'))));
  const revisions = (await Promise.all(patient)).map(({ revision }) => revision);
  expect([...revisions, hurried.revision]).toEqual([1, 2, 3, 4].map((n) => the(revisions[0]) - 1 + n));
  const alone = await done(store.commit({ ...update(keys[0], the(revisions[0]), 3), patience: 1 }));
  expect(alone.revision).toBe(hurried.revision + 1);
});
