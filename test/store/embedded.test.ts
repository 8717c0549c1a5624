import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { reachableBinaries } from '../../src/store/embedded/refuge.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts';

const folders: string[] = [];
const running: EmbeddedPostgres[] = [];
function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-embedded-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}
async function start(dataDir: string, port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...(port !== undefined && { port }), durable: false });
  running.push(server);
  return server;
}
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('data is there again after a stop, and after a kill', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS a');
  await first.stop();
  const second = await start(folder);
  expect(await query(second.url, 'SELECT a FROM kept')).toEqual([{ a: 1 }]);
  process.kill(second.pid, 'SIGKILL');
  const third = await start(folder);
  expect(third.pid).not.toBe(second.pid);
  expect(await query(third.url, 'SELECT a FROM kept')).toEqual([{ a: 1 }]);
});

test('a server that was left behind is taken over', async () => {
  const folder = newFolder();
  const left = await start(folder);
  // as if the process that started it were gone
  writeFileSync(path.join(folder, 'owner'), '999999999 1');
  const taken = await start(folder);
  expect(taken).toMatchObject({ pid: left.pid, url: left.url });
  await taken.stop();
  expect(existsSync(path.join(folder, 'pgdata/postmaster.pid'))).toBe(false);
});

test('a server of another live process is shared and left running', async () => {
  const folder = newFolder();
  const own = await start(folder);
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const since = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(path.join(folder, 'owner'), `${process.ppid} ${since}`);
  const shared = await start(folder);
  expect(shared.pid).toBe(own.pid);
  await shared.stop();
  expect(await query(own.url, 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
});

test('a pid file that names another program is no obstacle', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await first.stop();
  writeFileSync(path.join(folder, 'pgdata/postmaster.pid'), `${process.pid}\n${folder}\n0\n5432\n\n127.0.0.1\n`);
  await start(folder);
});

test('programs that the account cannot reach are copied to where it can', () => {
  const [closed, refuge] = [newFolder(), newFolder()];
  const account = { uid: 12345, gid: 12345 };
  const native = path.join(closed, 'package/native');
  mkdirSync(path.join(native, 'bin'), { recursive: true });
  writeFileSync(path.join(closed, 'package/package.json'), '{"version":"18.0.0"}');
  const binaries = { native, initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
  for (const file of [binaries.initdb, binaries.postgres]) writeFileSync(file, '', { mode: 0o700 });
  chmodSync(closed, 0o755);
  expect(reachableBinaries(binaries, account, refuge)).toBe(binaries);

  chmodSync(closed, 0o700);
  const copy = reachableBinaries(binaries, account, refuge);
  expect(copy.postgres).toBe(path.join(refuge, 'postgres-18.0.0/bin/postgres'));
  expect(statSync(copy.postgres).mode & 0o777).toBe(0o755);
});

test('a port that is taken is one clear error', async () => {
  const first = await start(newFolder());
  const port = Number(new URL(first.url).port);
  await expect(start(newFolder(), port)).rejects.toThrow(/port \d+ is (in use|another Postgres)/);
});

test('a damaged data folder is one clear error', async () => {
  const folder = newFolder();
  await (await start(folder)).stop();
  rmSync(path.join(folder, 'pgdata/global/pg_control'));
  await expect(start(folder)).rejects.toThrow(/did not start on .*pgdata: .*pg_control/s);
  rmSync(path.join(folder, 'pgdata/PG_VERSION'));
  await expect(start(folder)).rejects.toThrow(/is damaged \(.*PG_VERSION is missing\)/);
});
