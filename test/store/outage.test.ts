import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import { StoreUnavailable, type Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { Witness } from '../support/witness.ts';
import { create, keyOf, update } from '../support/write.ts';

let database: TestDatabase;
let admin: pg.Client;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  admin = new pg.Client({ connectionString: database.url, application_name: 'test' });
  await admin.connect();
  store = await openStore({ databaseUrl: database.url });
});
afterAll(async () => {
  await store.close();
  await admin.end();
  await database.drop();
});

const cut = (which = '%'): Promise<unknown> =>
  admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE $1 AND application_name LIKE 'ku7s %'`,
    [which],
  );

test('connections that are cut in the middle of writes: nothing acknowledged is lost, nothing is heard twice', async () => {
  const witness = new Witness(store, { resource: 'things' }, await store.fresh());
  const acknowledged = new Map<string, number>();
  let running = true;
  const writer = async (id: number): Promise<void> => {
    for (let n = 0; running; n++) {
      const key = keyOf(`w${id}-${n}`);
      try {
        const outcome = await store.commit(create(key, n));
        if (outcome.ok) acknowledged.set(key.name, outcome.stored.revision);
      } catch (error) {
        expect(error).toBeInstanceOf(StoreUnavailable);
        await new Promise(setImmediate);
      }
    }
  };
  const writers = Array.from({ length: 8 }, (_, id) => writer(id));
  for (const which of ['ku7s writer', '%', 'ku7s follower', 'ku7s counter', 'ku7s listener', '%']) {
    const before = acknowledged.size;
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 20), {
      timeout: PATIENCE_MS,
      interval: 5,
    });
    await cut(which);
  }
  const before = acknowledged.size;
  await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 20), { timeout: PATIENCE_MS, interval: 5 });
  running = false;
  await Promise.all(writers);
  await vi.waitFor(() => store.fresh(), { timeout: PATIENCE_MS });

  const { rows } = await admin.query<{ revision: string; name: string }>(
    'SELECT revision, name FROM revision ORDER BY revision',
  );
  expect(rows.map(({ revision }) => Number(revision))).toEqual(rows.map((_, i) => i + 2));
  const written = new Map(rows.map(({ revision, name }) => [name, Number(revision)]));
  for (const [name, revision] of acknowledged) expect(written.get(name)).toBe(revision);
  expect(witness.revisions.slice(1)).toEqual(rows.map(({ revision }) => Number(revision)));
  expect(witness.faultsAgainst(store)).toEqual([]);
  witness.stop();
});

test('while the database refuses connections calls fail as unavailable, and go on afterwards by themselves', async () => {
  const key = keyOf('outage');
  const first = await store.commit(create(key, 1));
  const name = new URL(database.url).pathname.slice(1);
  const elsewhere = new URL(database.url);
  elsewhere.pathname = '/postgres';
  const outside = new pg.Client({ connectionString: elsewhere.href });
  await outside.connect();
  await outside.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await cut();
  await expect(store.commit(update(key, first.ok ? first.stored.revision : 0, 2))).rejects.toThrow(StoreUnavailable);
  await expect(store.fresh()).rejects.toThrow(StoreUnavailable);
  expect(store.get(key)!.object.value).toBe(1);
  await outside.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await outside.end();
  const again = await vi.waitFor(() => store.commit(update(key, store.get(key)!.revision, 3)), {
    timeout: PATIENCE_MS,
    interval: 20,
  });
  expect(again.ok).toBe(true);
});

test('a statement that waits too long for a lock is given up', async () => {
  const hasty = await openStore({ databaseUrl: database.url, statementMs: 100 });
  await admin.query('BEGIN; SELECT FROM counter FOR UPDATE');
  await expect(hasty.commit(create(keyOf('stuck')))).rejects.toThrow(StoreUnavailable);
  await admin.query('ROLLBACK');
  expect((await hasty.commit(create(keyOf('stuck')))).ok).toBe(true);
  await hasty.close();
});

test('a database that cannot be reached is one clear error', async () => {
  const url = new URL(database.url);
  url.pathname = '/absent';
  await expect(openStore({ databaseUrl: url.href })).rejects.toThrow(
    /cannot reach the database absent at 127\.0\.0\.1/,
  );
});
