import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { historyOf } from '../support/history-of.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { create, keyOf, update } from '../support/write.ts';

/** No double holds it. */
const BIG = 9007199254740993n;
const body = (name: string, value: string): Buffer =>
  Buffer.from(`{"metadata":{"name":"${name}","namespace":"default"},"value":${value}}`);
const big = (name: string): { body: Buffer } => ({ body: body(name, String(BIG)) });

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url, ringSize: 1 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

test('what is marked is read as it was written: from the cache, the log, the history and by another process', async () => {
  const key = keyOf('big');
  const made = await store.commit({ ...create(key, 0, { exact: true }), ...big('big') });
  if (!made.ok) throw new Error('not made');
  const { revision } = made.stored;
  expect([made.stored.object['value'], made.stored.copy()['value']]).toEqual([BIG, BIG]);

  const other = await openStore({ databaseUrl: database.url });
  expect(other.get(key)!.object['value']).toBe(BIG);
  await other.close();

  // the ring forgets it, and the mark goes with the version that has it
  for (const value of [1, 2]) await store.commit(update(key, store.get(key)!.revision, value));
  expect(store.get(key)!.object['value']).toBe(2);
  expect((await store.getAt(key, revision))!.object['value']).toBe(BIG);
  expect((await historyOf(store, key, 10)).map(({ stored }) => stored!.object['value'])).toEqual([2, 1, BIG]);
});

test('a database of before the mark, where a space before the last brace said it, is read as it was', async () => {
  const old = await createDatabase();
  const client = new pg.Client({ connectionString: old.url });
  await client.connect();
  try {
    const text = (name: string, value: string, space: string): string =>
      body(name, value).toString().replace(/}$/, `${space}}`);
    await client.query(`DELETE FROM migration WHERE name = '0002_exact'`);
    await client.query('UPDATE counter SET revision = 4');
    for (const [revision, name, written] of [
      [2, 'big', text('big', String(BIG), ' ')],
      [3, 'small', text('small', '7', '')],
      [4, 'text', text('text', '" }"', '')],
    ] as const) {
      await client.query(
        `INSERT INTO revision (revision, resource, namespace, name, type, at, "user", manager, verb, columns, body)
         VALUES ($1, 'things', 'default', $2, 'ADDED', now(), 'u', 'm', 'create', $3, $4)`,
        [revision, name, `{"uid":"uid-${name}","labels":{"a":"b"}}`, written],
      );
      await client.query(
        `INSERT INTO object (resource, namespace, name, revision, created) VALUES ('things', 'default', $1, $2, $2)`,
        [name, revision],
      );
    }
    expect(await migrate(client)).toEqual(['0002_exact']);
    const { rows } = await client.query<{ columns: unknown; body: string }>(
      'SELECT columns, body FROM revision WHERE revision > 1 ORDER BY revision',
    );
    expect(rows).toEqual([
      { columns: { uid: 'uid-big', labels: { a: 'b' }, exact: true }, body: text('big', String(BIG), '') },
      { columns: { uid: 'uid-small', labels: { a: 'b' } }, body: text('small', '7', '') },
      { columns: { uid: 'uid-text', labels: { a: 'b' } }, body: text('text', '" }"', '') },
    ]);
    const reader = await openStore({ databaseUrl: old.url });
    const { items } = reader.list({ resource: 'things' });
    expect(items.map(({ object, labels }) => [object['value'], labels])).toEqual([
      [BIG, { a: 'b' }],
      [7, { a: 'b' }],
      [' }', { a: 'b' }],
    ]);
    await reader.close();
  } finally {
    await client.end();
    await old.drop();
  }
});
