import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import type { Scope, Store, StoreEvent } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { create, keyOf, remove, update } from '../support/write.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url, ringSize: 10, progressMs: 10 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

interface Heard {
  events: string[];
  ends: string[];
  progress: number[];
  stop(): void;
}

function listen(on: Store, scope: Scope, from: number): Heard {
  const heard: Heard = { events: [], ends: [], progress: [], stop: () => undefined };
  const show = ({ type, stored, previous, revision }: StoreEvent): string => {
    expect(stored.revision).toBe(revision);
    return `${type} ${stored.name}=${stored.object.value}${previous ? ` was ${previous.object.value}` : ''}`;
  };
  heard.stop = on.watch(scope, from, {
    onEvents: (events) => heard.events.push(...events.map(show)),
    onEnd: (reason) => heard.ends.push(reason),
    onProgress: (revision) => heard.progress.push(revision),
  });
  return heard;
}

/** create, update and delete `name`; six events of two names */
async function life(resource: string, namespace: string, name: string): Promise<void> {
  const key = keyOf(name, namespace, resource);
  const created = await store.commit(create(key, 1));
  const updated = await store.commit(update(key, created.ok ? created.stored.revision : 0, 2));
  await store.commit(remove(key, updated.ok ? updated.stored.revision : 0));
}
const told = (name: string): string[] => [`ADDED ${name}=1`, `MODIFIED ${name}=2 was 1`, `DELETED ${name}=2 was 2`];

test('a watch hears of its scope only', async () => {
  const from = store.revision;
  const all = listen(store, { resource: 'w' }, from);
  const one = listen(store, { resource: 'w', namespace: 'n1' }, from);
  const named = listen(store, { resource: 'w', namespace: 'n1', name: 'b' }, from);
  const anywhere = listen(store, { resource: 'w', name: 'b' }, from);
  await life('w', 'n1', 'a');
  await life('w', 'n1', 'b');
  await life('w', 'n2', 'b');
  await life('other', 'n1', 'b');
  expect(all.events).toEqual([...told('a'), ...told('b'), ...told('b')]);
  expect(one.events).toEqual([...told('a'), ...told('b')]);
  expect(named.events).toEqual(told('b'));
  expect(anywhere.events).toEqual([...told('b'), ...told('b')]);
  for (const heard of [all, one, named, anywhere]) heard.stop();
  await life('w', 'n1', 'b');
  expect(named.events).toEqual(told('b'));
});

test('a watch from the past hears the same, from the ring or from the log', async () => {
  const from = store.revision;
  for (let i = 0; i < 3; i++) await life('past', 'n', `x${i}`);
  const ring = listen(store, { resource: 'past' }, from);
  expect(ring.events).toEqual([]);
  const expected = [0, 1, 2].flatMap((i) => told(`x${i}`));
  await vi.waitFor(() => expect(ring.events).toEqual(expected), { timeout: PATIENCE_MS });
  for (let i = 0; i < 4; i++) await life('noise', 'n', `x${i}`);
  const log = listen(store, { resource: 'past' }, from);
  const busy = life('past', 'n', 'late');
  await busy;
  await vi.waitFor(() => expect(log.events).toEqual([...expected, ...told('late')]), { timeout: PATIENCE_MS });
  expect(ring.events).toEqual(log.events);
  ring.stop();
  log.stop();
});

test('a watch from a later revision does not hear what comes before it', async () => {
  const heard = listen(store, { resource: 'later' }, store.revision + 2);
  await life('later', 'n', 'a');
  expect(heard.events).toEqual(['DELETED a=2 was 2']);
  heard.stop();
});

test('progress says how far all resources have been heard of', async () => {
  const heard = listen(store, { resource: 'quiet' }, store.revision);
  await life('noise', 'n', 'y');
  await vi.waitFor(() => expect(heard.progress.at(-1)).toBe(store.revision), { timeout: PATIENCE_MS });
  heard.stop();
});

test('a handler that throws ends its own watch and no other', async () => {
  const from = store.revision;
  const ends: string[] = [];
  store.watch({ resource: 'throws' }, from, {
    onEvents: () => {
      throw new Error('handler');
    },
    onEnd: (reason) => ends.push(reason),
  });
  const good = listen(store, { resource: 'throws' }, from);
  await life('throws', 'n', 'a');
  expect(good.events).toEqual(told('a'));
  expect(ends).toEqual(['expired']);
  good.stop();
});

test('closing the store ends watches', async () => {
  const other = await openStore({ databaseUrl: database.url });
  const heard = listen(other, { resource: 'w' }, other.revision);
  await other.close();
  expect(heard.ends).toEqual(['closed']);
  await expect(other.fresh()).rejects.toThrow('closed');
  await expect(other.commit(create(keyOf('closed')))).rejects.toThrow('closed');
});
