import { afterAll, beforeAll, expect, test } from 'vitest';
import { Compacted, TooLargeRevision, type Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { historyOf } from '../support/history-of.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { create, keyOf, remove, update } from '../support/write.ts';
import { the } from '../support/at.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url, ringSize: 20, retention: { versions: 2 } });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const names = (items: readonly { namespace: string; name: string }[]): string[] =>
  items.map(({ namespace, name }) => `${namespace}/${name}`);

test('lists are sorted, scoped, and do not change once given', async () => {
  for (const [namespace, name] of [
    ['b', 'x'],
    ['a', 'z'],
    ['a', 'b-'],
    ['a', 'b.'],
    ['a', 'b'],
    ['', 'c'],
  ] as const) {
    await store.commit(create(keyOf(name, namespace, 'lists')));
  }
  const all = store.list({ resource: 'lists' });
  expect(names(all.items)).toEqual(['/c', 'a/b', 'a/b-', 'a/b.', 'a/z', 'b/x']);
  expect(all.revision).toBe(store.revision);
  expect(names(store.list({ resource: 'lists', namespace: 'a', name: 'z' }).items)).toEqual(['a/z']);
  expect(names(store.list({ resource: 'lists', name: 'x' }).items)).toEqual(['b/x']);
  expect(store.list({ resource: 'none' }).items).toEqual([]);
  expect([
    store.count({ resource: 'lists' }),
    store.count({ resource: 'lists', namespace: 'a' }),
    store.count({ resource: 'none' }),
  ]).toEqual([6, 4, 0]);
  const listA = store.list({ resource: 'lists', namespace: 'a' }).items;
  expect(store.list({ resource: 'lists', namespace: 'a' }).items).toBe(listA);
  await store.commit(remove(keyOf('b', 'a', 'lists'), store.get(keyOf('b', 'a', 'lists'))!.revision));
  await store.commit(create(keyOf('aa', 'a', 'lists')));
  await store.commit(create(keyOf('b', 'a', 'lists')));
  await store.commit(update(keyOf('z', 'a', 'lists'), store.get(keyOf('z', 'a', 'lists'))!.revision, 9));
  expect(names(listA)).toEqual(['a/b', 'a/b-', 'a/b.', 'a/z']);
  const now = store.list({ resource: 'lists', namespace: 'a' }).items;
  expect(names(now)).toEqual(['a/aa', 'a/b', 'a/b-', 'a/b.', 'a/z']);
  expect(now[4]?.object['value']).toBe(9);
  expect(store.resources()).toContain('lists');
});

test('a list at an older revision is the same from the ring, from the log, and as it was', async () => {
  const scope = { resource: 'past' };
  const seen: { revision: number; items: string }[] = [];
  const shown = (items: readonly { bytes: Buffer }[]): string => items.map(({ bytes }) => bytes.toString()).join();
  const note = (): void => void seen.push({ revision: store.revision, items: shown(store.list(scope).items) });
  for (let i = 0; i < 40; i++) {
    const key = keyOf(`p${i % 4}`, `n${i % 2}`, 'past');
    const current = store.get(key);
    const write = !current ? create(key, i) : i % 3 ? update(key, current.revision, i) : remove(key, current.revision);
    expect((await store.commit(write)).ok).toBe(true);
    note();
  }
  for (const { revision, items } of seen) expect(shown((await store.listAt(scope, revision)).items)).toBe(items);
  const key = keyOf('p1', 'n1', 'past');
  for (const { revision, items } of seen.slice(-30)) {
    const at = await store.getAt(key, revision);
    expect(items.includes(at?.bytes.toString() ?? '"p1"')).toBe(at !== undefined);
  }

  const middle = the(seen[25]);
  await store.compact(middle.revision);
  expect(store.compacted).toBe(middle.revision);
  for (const { revision, items } of seen.slice(25))
    expect(shown((await store.listAt(scope, revision)).items)).toBe(items);
  await expect(store.listAt(scope, middle.revision - 1)).rejects.toThrow(Compacted);
  expect(() => store.watch(scope, middle.revision - 1, { onEvents: () => undefined, onEnd: () => undefined })).toThrow(
    Compacted,
  );
});

test('a revision that nobody has written yet is refused', async () => {
  await expect(store.listAt({ resource: 'past' }, store.revision + 1)).rejects.toThrow(TooLargeRevision);
  await expect(store.reached(store.revision + 1, 20)).rejects.toThrow(TooLargeRevision);
});

test('reached resolves when the revision comes', async () => {
  const reached = store.reached(store.revision + 2, 10_000);
  await store.commit(create(keyOf('r1')));
  await store.commit(create(keyOf('r2')));
  await reached;
});

test('history tells who did what, newest first, and outlives compaction in part', async () => {
  const key = keyOf('told');
  const revisions: number[] = [];
  for (let i = 0; i < 6; i++) {
    const outcome = await store.commit(i ? update(key, the(revisions[i - 1]), i) : create(key, 0));
    revisions.push(outcome.ok ? outcome.stored.revision : 0);
  }
  const entries = await historyOf(store, key, 10);
  expect(entries.map(({ revision }) => revision)).toEqual([...revisions].reverse());
  expect(entries.map(({ stored }) => stored!.object.value)).toEqual([5, 4, 3, 2, 1, 0]);
  expect(entries[0]).toMatchObject({ type: 'MODIFIED', by: { user: 'tester', manager: 'vitest', verb: 'test' } });
  expect(Math.abs(the(entries[0]).at - Date.now())).toBeLessThan(60_000);
  expect((await historyOf(store, key, 2, revisions[3])).map(({ revision }) => revision)).toEqual([
    revisions[2],
    revisions[1],
  ]);

  await store.compact(store.revision);
  expect((await historyOf(store, key, 10)).map(({ stored }) => stored!.object.value)).toEqual([5, 4]);
  await store.commit(remove(key, the(revisions[5])));
  const [gone] = await historyOf(store, key, 1);
  expect(gone).toMatchObject({ type: 'DELETED', revision: store.revision });
  expect(gone?.stored?.object).toMatchObject({ value: 5, metadata: { resourceVersion: String(store.revision) } });
  await store.compact(store.revision);
  expect(await historyOf(store, key, 10)).toEqual([]);
});

test('a second opening finds everything as it was', async () => {
  const again = await openStore({ databaseUrl: database.url });
  expect(again.revision).toBe(store.revision);
  expect(again.compacted).toBe(store.compacted);
  for (const resource of store.resources()) {
    const [a, b] = [store.list({ resource }).items, again.list({ resource }).items] as const;
    expect(b.map(({ bytes }) => bytes.toString())).toEqual(a.map(({ bytes }) => bytes.toString()));
    expect(b.map(({ uid, labels, owners, fields }) => ({ uid, labels, owners, fields }))).toEqual(
      a.map(({ uid, labels, owners, fields }) => ({ uid, labels, owners, fields })),
    );
  }
  await again.close();
});

test('the first process to make a setting decides it', async () => {
  const other = await openStore({ databaseUrl: database.url });
  const values = await Promise.all([store.setting('ca', async () => 'one'), other.setting('ca', async () => 'two')]);
  expect(values[0]).toBe(values[1]);
  expect(await store.setting('ca', async () => Promise.reject(new Error('made again')))).toBe(values[0]);
  await other.close();
});
