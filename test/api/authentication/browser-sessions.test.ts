import { expect, test } from 'vitest';
import { BrowserSessions, SESSIONS } from '../../../src/api/authentication/browser-sessions.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { create, keyOf, remove } from '../../support/write.ts';

const KIM = { user: { name: 'kim', groups: [] }, write: false };
const HOUR = 3600_000;
/** digests of the tokens in the token file */
const file = new Set<string>();
const sessionsIn = (store: MemoryStore, now: () => number): BrowserSessions =>
  new BrowserSessions({ store, isInTokenFile: (digest) => file.has(digest) }, now);

test('a session lasts no longer than the credential that it was made with, however it is used', async () => {
  let now = 0;
  const sessions = sessionsIn(new MemoryStore(), () => now);
  const id = (await sessions.begin(await sessions.link(KIM, { until: 10 * HOUR })))!;
  now = 7 * HOUR;
  expect(await sessions.renew(id)).toBe(true);
  expect((await sessions.of(id))?.until).toBe(10 * HOUR);
  now = 10 * HOUR;
  expect(await sessions.renew(id)).toBe(false);
  expect(await sessions.of(id)).toBeUndefined();
});

test('a session goes with what the credential that it was made with is bound to', async () => {
  const store = new MemoryStore();
  const sessions = sessionsIn(store, () => 0);
  const account = keyOf('robot', 'default', 'serviceaccounts');
  await store.commit(create(account));
  const id = (await sessions.begin(await sessions.link(KIM, { bound: [account] })))!;
  const session = (await sessions.of(id))!;
  expect(session.bound).toContainEqual(account);
  await store.commit(remove(account, store.get(account)!.revision));
  expect(await session.recheck()).toBeUndefined();
});

test('a session does not come back with another object of the same name', async () => {
  const store = new MemoryStore();
  const sessions = sessionsIn(store, () => 0);
  const account = keyOf('robot', 'default', 'serviceaccounts');
  await store.commit(create(account));
  const id = (await sessions.begin(await sessions.link(KIM, { bound: [account] })))!;
  expect(await sessions.of(id)).toBeDefined();
  await store.commit(remove(account, store.get(account)!.revision));
  await store.commit(create(account, 0, { uid: 'another' }));
  expect(await sessions.of(id)).toBeUndefined();
});

test('a session goes with its token from the token file, and with no other', async () => {
  const sessions = sessionsIn(new MemoryStore(), () => 0);
  file.add('digest');
  const id = (await sessions.begin(await sessions.link(KIM, { digest: 'digest' })))!;
  const other = (await sessions.begin(await sessions.link(KIM, { digest: 'of a token that is in no file' })))!;
  const session = (await sessions.of(id))!;
  expect(await session.recheck()).toEqual(KIM.user);
  file.delete('digest');
  expect(await session.recheck()).toBeUndefined();
  expect(await sessions.renew(id)).toBe(false);
  expect(await sessions.of(other)).toBeDefined();
});

test('of a thousand and one links that wait, the oldest is forgotten', async () => {
  let now = 0;
  const sessions = sessionsIn(new MemoryStore(), () => now);
  const first = await sessions.link(KIM);
  now = 1;
  const second = await sessions.link(KIM);
  now = 2;
  for (let i = 2; i <= 1000; i++) await sessions.link(KIM);
  expect(await sessions.begin(first)).toBeUndefined();
  expect(await sessions.begin(second)).toBeDefined();
});

test('two browsers that open one link at once get one session', async () => {
  const sessions = sessionsIn(new MemoryStore(), () => 0);
  const token = await sessions.link(KIM);
  const ids = await Promise.all([sessions.begin(token), sessions.begin(token)]);
  expect(ids.filter(Boolean)).toHaveLength(1);
});

test('the store keeps no token that somebody could use', async () => {
  const store = new MemoryStore();
  const sessions = sessionsIn(store, () => 0);
  const token = await sessions.link(KIM);
  const id = (await sessions.begin(token))!;
  const kept = JSON.stringify(store.list({ resource: SESSIONS }).items.map(({ name, object }) => [name, object]));
  expect(kept).not.toContain(id);
  expect(await sessions.of(store.list({ resource: SESSIONS }).items[0]!.name)).toBeUndefined();
});
