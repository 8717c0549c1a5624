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
