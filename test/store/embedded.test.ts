import { fork } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
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

/** Asks until there is an answer. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 50)))
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
}

test('data is there again after a stop, and after a kill', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS a');
  await first.stop();
  const second = await start(folder);
  expect(await query(second.url, 'SELECT a FROM kept')).toEqual([{ a: 1 }]);
  const killed = second.pid;
  process.kill(killed, 'SIGKILL');
  await eventually(() => (second.pid === killed ? Promise.reject(new Error('not yet')) : Promise.resolve()));
  expect(await query(second.url, 'SELECT a FROM kept')).toEqual([{ a: 1 }]);
});

test('a server that is killed is started again at its port as often as it takes, and what is in the way is told', async () => {
  const folder = newFolder();
  const said: string[] = [];
  const log = (message: string, fields: object = {}): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  const server = await startEmbeddedPostgres({ dataDir: folder, log });
  running.push(server);
  const { url, pid } = server;
  await query(url, 'CREATE TABLE kept AS SELECT 1 AS a');
  const control = path.join(folder, 'pgdata/global/pg_control');
  renameSync(control, `${control}.away`);
  process.kill(pid, 'SIGKILL');
  await eventually(async () => {
    if (!said.some((each) => /does not come back yet .*pg_control/.test(each))) throw new Error(said.join('\n'));
  });
  renameSync(`${control}.away`, control);
  expect(await eventually(() => query(url, 'SELECT a FROM kept'))).toEqual([{ a: 1 }]);
  expect(said[0]).toContain('Postgres has ended and is started again');
  expect(server.url).toBe(url);
  await server.stop();
  await expect(query(url, 'SELECT 1')).rejects.toThrow();
});

/** A server whose process is gone: where it is, and which. */
async function leaveBehind(folder: string): Promise<{ url: string; pid: number }> {
  const script = path.resolve(`node_modules/.cache/ku7s-test/embedded-${process.pid}.mjs`);
  const contents = `import { startEmbeddedPostgres } from './embedded.ts';
    const { url, pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(folder)}, durable: false });
    process.send({ url, pid });`;
  const stdin = { contents, resolveDir: path.resolve('src/store') };
  await build({ stdin, bundle: true, packages: 'external', platform: 'node', format: 'esm', outfile: script });
  const child = fork(script, [], { execArgv: [] });
  const left = await new Promise<{ url: string; pid: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string; pid: number }));
    child.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  rmSync(script);
  return left;
}

test('a server that was left behind is taken over, and started again when it is killed', async () => {
  const folder = newFolder();
  const left = await leaveBehind(folder);
  const taken = await start(folder);
  expect(taken).toMatchObject({ pid: left.pid, url: left.url });
  process.kill(left.pid, 'SIGKILL');
  await eventually(() => (taken.pid === left.pid ? Promise.reject(new Error('not yet')) : Promise.resolve()));
  expect(await query(left.url, 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
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
