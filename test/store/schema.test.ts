import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { the } from '../support/at.ts';

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

interface Table {
  columns: Record<string, { type: string; optional: boolean }>;
  primaryKey: string[];
  indexes: Record<string, string[]>;
}

const TYPES: Record<string, string> = {
  BigInt: 'bigint',
  Int: 'integer',
  String: 'text',
  Json: 'jsonb',
  DateTime: 'timestamp',
};
const NATIVE: Record<string, string> = { SmallInt: 'smallint', Json: 'json', Timestamptz: 'timestamp with time zone' };
const list = (text: string): string[] => text.split(',').map((name) => name.trim());

/** As much of the Prisma schema language as the schema uses. */
function readSchema(): Record<string, Table> {
  const text = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
  const tables: Record<string, Table> = {};
  for (const [, body = ''] of text.matchAll(/^model \w+ \{\n(.*?)^\}/gms)) {
    const table: Table = { columns: {}, primaryKey: [], indexes: {} };
    for (const line of body
      .split('\n')
      .map((l) => l.trim())
      .filter((l) => l && !l.startsWith('//'))) {
      const [, map] = line.match(/^@@map\("(\w+)"\)/) ?? [];
      const [, id] = line.match(/^@@id\(\[(.*?)\]\)/) ?? [];
      const [, fields = '', name] = line.match(/^@@index\(\[(.*?)\], map: "(\w+)"\)/) ?? [];
      const [, column, type = '', form, rest = ''] = line.match(/^(\w+)\s+(\w+)(\[\]|\?)?(.*)$/) ?? [];
      if (map) tables[map] = table;
      else if (id) table.primaryKey = list(id);
      else if (name) table.indexes[name] = list(fields);
      else if (column) {
        const native = rest.match(/@db\.(\w+)/)?.[1];
        const of = form === '[]' ? 'ARRAY' : the(native ? NATIVE[native] : TYPES[type]);
        table.columns[column] = { type: of, optional: form === '?' };
        if (/@id\b/.test(rest)) table.primaryKey = [column];
      } else throw new Error(`not understood: ${line}`);
    }
  }
  return tables;
}

async function readDatabase(): Promise<Record<string, Table>> {
  const tables: Record<string, Table> = {};
  const { rows: columns } = await client.query(`
    SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'`);
  for (const { table_name: name, column_name, data_type, is_nullable } of columns) {
    const table = (tables[name] ??= { columns: {}, primaryKey: [], indexes: {} });
    table.columns[column_name] = { type: data_type, optional: is_nullable === 'YES' };
  }
  const { rows: indexes } = await client.query(`
    SELECT t.relname AS table_name, c.relname AS name, i.indisprimary AS primary,
      ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY n) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace`);
  for (const { table_name, name, primary, columns: of } of indexes) {
    const table = the(tables[table_name]);
    if (primary) table.primaryKey = of;
    else table.indexes[name] = of;
  }
  return tables;
}

test('the Prisma schema says what the migrations make', async () => {
  expect(readSchema()).toEqual(await readDatabase());
});

test('bodies can be asked with SQL as jsonb', async () => {
  await client.query(`
    INSERT INTO revision VALUES (2, 'pods', 'n', 'a', 'ADDED', NULL, now(), 'u', 'm', 'create',
      '{"uid":"1","labels":{"app":"x"}}', '{"metadata":{"name":"a"},"spec":{"nodeName":"b"}}');
    INSERT INTO object VALUES ('pods', 'n', 'a', 2, 2)`);
  const { rows } = await client.query(`
    SELECT uid, labels->>'app' AS app, body->'spec'->>'nodeName' AS node FROM current_objects WHERE resource = 'pods'`);
  expect(rows).toEqual([{ uid: '1', app: 'x', node: 'b' }]);
});
