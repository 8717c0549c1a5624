import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

test('a migrated database is left as it is', async () => {
  expect(await migrate(client)).toEqual([]);
});

test('a new migration is applied once, by whoever comes first', async () => {
  const next = { name: '9000_next', sql: 'CREATE TABLE next (a int)', checksum: 'x' };
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const both = await Promise.all([client, other].map((c) => migrate(c, [...readMigrations(), next])));
  await other.end();
  expect(both.flat()).toEqual(['9000_next']);
});

test('a database newer than the program is refused', async () => {
  await expect(migrate(client)).rejects.toThrow('9000_next');
});

test('a migration that fails leaves nothing behind and says which it was', async () => {
  const next = { name: '9000_next', sql: 'CREATE TABLE next (a int)', checksum: 'x' };
  const bad = { name: '9001_bad', sql: 'CREATE TABLE half (a int); SELECT nonsense', checksum: 'y' };
  await expect(migrate(client, [...readMigrations(), next, bad])).rejects.toThrow('migration 9001_bad failed');
  const { rows } = await client.query(`SELECT to_regclass('half') AS found`);
  expect(rows[0].found).toBeNull();
});

test('a mark in the body becomes one of the columns, whatever the fields hold', async () => {
  const rows = [
    {
      columns: String.raw`{"uid":"a","fields":{"spec.s":"x\u0000y \ud800"}}`,
      body: '{"metadata":{},"n":9007199254740993 }',
    },
    { columns: '{}', body: '{"metadata":{},"n":9007199254740995 }' },
    { columns: '{"uid":"c"}', body: '{"metadata":{},"n":1}' },
  ];
  for (const [i, { columns, body }] of rows.entries())
    await client.query(
      `INSERT INTO revision (revision, resource, namespace, name, type, at, "user", manager, verb, columns, body)
       VALUES ($1, 'r', '', 'n', 'ADDED', now(), '', '', '', $2, $3)`,
      [1000 + i, columns, body],
    );
  await client.query(readMigrations().find(({ name }) => name === '0002_exact')!.sql);
  const { rows: now } = await client.query(
    'SELECT columns::text, body FROM revision WHERE revision >= 1000 ORDER BY revision',
  );
  expect(now).toEqual([
    {
      columns: String.raw`{"exact":true,"uid":"a","fields":{"spec.s":"x\u0000y \ud800"}}`,
      body: '{"metadata":{},"n":9007199254740993}',
    },
    { columns: '{"exact":true}', body: '{"metadata":{},"n":9007199254740995}' },
    rows[2],
  ]);
});
