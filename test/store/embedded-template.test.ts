import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeTemplate } from '../../src/store/embedded-template.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts';
import { readMigrations } from '../../src/store/migrate.ts';

let folder: string;
let template: string;
let running: EmbeddedPostgres | undefined;
const said: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ku7s-template-'));
  chmodSync(folder, 0o755);
  template = path.join(folder, 'template');
  await makeTemplate(template);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await running?.stop();
  running = undefined;
  said.length = 0;
});

const start = async (name: string): Promise<string> => {
  const dataDir = path.join(folder, name);
  running = await startEmbeddedPostgres({ dataDir, durable: false, template, log: (line) => void said.push(line) });
  return running.url;
};

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const migrations = readMigrations().map(({ name }) => ({ name }));
const MIGRATIONS = 'SELECT name FROM migration ORDER BY name';
const passwordOf = (data: string): string => readFileSync(path.join(data, 'password'), 'utf8');

test('data begins with a copy of the template, and goes its own way', async () => {
  const one = await start('one');
  expect(await query(one, MIGRATIONS)).toEqual(migrations);
  await query(one, 'CREATE TABLE own ()');
  await running?.stop();
  expect(passwordOf(path.join(folder, 'one'))).toBe(passwordOf(template));
  expect(await query(await start('two'), `SELECT to_regclass('own') AS found`)).toEqual([{ found: null }]);
  await running?.stop();
  expect(await query(await start('one'), `SELECT to_regclass('own') AS found`)).toEqual([{ found: 'own' }]);
  expect(said).toEqual([]);
});

test('a template is replaced as a whole', async () => {
  const before = passwordOf(template);
  writeFileSync(path.join(template, 'left'), '');
  await makeTemplate(template);
  expect(existsSync(path.join(template, 'left'))).toBe(false);
  expect(existsSync(`${template}.new`)).toBe(false);
  expect(passwordOf(template)).not.toBe(before);
});

test('without a template of this Postgres the data is made anew', async () => {
  const version = path.join(template, 'pgdata', 'PG_VERSION');
  const own = readFileSync(version);
  writeFileSync(version, '17\n');
  try {
    expect(await query(await start('older'), 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
    expect(passwordOf(path.join(folder, 'older'))).not.toBe(passwordOf(template));
  } finally {
    writeFileSync(version, own);
  }
});

test('one that cannot be copied is told of, and the data is made anew', async () => {
  const password = path.join(template, 'password');
  const own = readFileSync(password);
  rmSync(password);
  try {
    expect(await query(await start('broken'), 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
    expect(said).toEqual([expect.stringContaining(`could not be copied from ${template}: ENOENT`)]);
  } finally {
    writeFileSync(password, own);
  }
});
