import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { postgresAccount, type Account } from './embedded/account.ts';
import { findBinaries, type Binaries } from './embedded/binaries.ts';
import { serverFlags } from './embedded/configuration.ts';
import { isAlive, readPostmaster, stopPostmaster } from './embedded/postmaster.ts';
import { locateData, reachableBinaries } from './embedded/refuge.ts';
import { Supervisor, type Server } from './embedded/supervisor.ts';
import { copyData, VERSION, versionOf } from './embedded/template.ts';
import type { Log } from './connection.ts';

export interface EmbeddedOptions {
  /** made when absent; holds the database, its password and its log */
  dataDir: string;
  /** a free one when absent */
  port?: number;
  /** false: no fsync, for tests. Default true */
  durable?: boolean;
  /**
   * A folder of data to begin with a copy of, password included (makeTemplate); where there is none, or one of another
   * Postgres, the data is made anew.
   */
  template?: string;
  /** hears of a server that ended, and of each attempt to bring it back */
  log?: Log;
}

export interface EmbeddedPostgres {
  /** of the database `ku7s`; stays the same for as long as this process runs */
  url: string;
  /** of the server that runs now */
  readonly pid: number;
  /** Ends the server, if this process started it or took it over from one that is gone. */
  stop(): Promise<void>;
}

/** From spawn to an answer; recovery after a crash is part of it, ms. */
const START_MS = 60_000;
const LOG_BYTES = 10 << 20;
/** How often a server that is no child of this process is looked at, ms. */
const LOOK_MS = 250;

interface Place {
  pgdata: string;
  log: string;
  owner: string;
  password: string;
}

/**
 * A Postgres on 127.0.0.1 with its data in a folder. A second start finds the data again, also after a crash. When a
 * server still runs on the folder it is used as it is: shared, if the process that started it lives, else taken over.
 * One that ends later is started again, at its port. Errors: one `Error` that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = await postgresAccount();
  const binaries = reachableBinaries(await findBinaries(), account);
  prepareFolder(path.resolve(options.dataDir));
  const dataDir = locateData(path.resolve(options.dataDir));
  const place: Place = {
    pgdata: path.join(dataDir, 'pgdata'),
    log: path.join(dataDir, 'postgres.log'),
    owner: path.join(dataDir, 'owner'),
    password: path.join(dataDir, 'password'),
  };
  if (existsSync(place.pgdata)) checkData(place);
  else if (!(await copyTemplate(options, place, account)))
    await initialise(place, binaries, account, options.durable ?? true);
  const password = readFileSync(place.password, 'utf8').trim();

  const begin = (port: number): Promise<Server> =>
    start(place, binaries, account, port, password, options.durable ?? true);
  const running = await adopt(place, password);
  if (running && !running.own) {
    const { url, pid } = running;
    return { url, pid, stop: async () => undefined };
  }
  const { port, server } = running
    ? { port: running.port, server: running }
    : await startSomewhere(options.port, begin);
  const again = async (): Promise<Server> => (await takeBack(place, password, port)) ?? (await begin(port));
  const supervisor = new Supervisor(server, again, options.log ?? (() => undefined));
  return {
    url: urlOf(port, password, 'ku7s'),
    get pid() {
      return supervisor.pid;
    },
    stop: taken(place, () => supervisor.stop()),
  };
}

async function startSomewhere(
  wanted: number | undefined,
  begin: (port: number) => Promise<Server>,
): Promise<{ port: number; server: Server }> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort());
    try {
      return { port, server: await begin(port) };
    } catch (error) {
      // another program may take a free port between the search and the start; an orphan's children need a moment to end
      const again = error instanceof StartFailure && (error.orphans || (error.portTaken && wanted === undefined));
      if (!again || attempt === 20) throw error;
      await delay(error.orphans ? 250 : 0);
    }
  }
}

function prepareFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    chmodSync(dataDir, 0o700);
  } catch (error) {
    throw new Error(`cannot make the data folder ${dataDir}: ${(error as Error).message}`);
  }
}

/** Made aside and renamed when complete, so that an interrupted initdb leaves nothing that looks like a database. */
async function initialise(place: Place, binaries: Binaries, account: Account, durable: boolean): Promise<void> {
  const fresh = `${place.pgdata}.new`;
  rmSync(fresh, { recursive: true, force: true });
  rmSync(place.password, { force: true });
  writeFileSync(place.password, randomBytes(18).toString('base64url'), { mode: 0o600 });
  mkdirSync(fresh, { mode: 0o700 });
  own(fresh, account);
  own(place.password, account);
  const [data, word] = [handOver(fresh, account, 3), handOver(place.password, account, 4)];
  const flags = [`--pgdata=${data.path}`, '--username=ku7s', `--pwfile=${word.path}`, '--auth=scram-sha-256'];
  // byte order for text, and no dependence on the locales of the machine
  flags.push('--encoding=UTF8', '--locale=C', ...(durable ? [] : ['--no-sync']));
  try {
    await run(binaries.initdb, flags, account, [data.fd, word.fd]);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`cannot make the database in ${place.pgdata}: ${(error as Error).message.trim()}`);
  } finally {
    closeSync(data.fd);
    closeSync(word.fd);
  }
  renameSync(fresh, place.pgdata);
}

/** Begins with a copy of the template, if that is one of this Postgres; the same holds of an interruption. */
async function copyTemplate(
  { template, log = () => undefined }: EmbeddedOptions,
  place: Place,
  account: Account,
): Promise<boolean> {
  const source = template === undefined ? undefined : path.join(template, 'pgdata');
  if (template === undefined || source === undefined || versionOf(source) !== VERSION) return false;
  const fresh = `${place.pgdata}.new`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    copyFileSync(path.join(template, 'password'), place.password);
    own(place.password, account);
    await copyData(source, fresh);
  } catch (error) {
    log(`the database is made anew, as it could not be copied from ${template}: ${(error as Error).message.trim()}`);
    return false;
  }
  renameSync(fresh, place.pgdata);
  return true;
}

/**
 * A file or folder for a child of another account: opened here, and named by its descriptor there, so that the folders
 * above it can stay closed to that account. Where the account is our own it goes by its name.
 */
function handOver(file: string, account: Account, descriptor: number): { fd: number; path: string } {
  const path = account.uid === undefined ? file : `/proc/self/fd/${descriptor}`;
  return { fd: openSync(file, 'r'), path };
}

/** Resolves when the program has ended well; rejects with what it has written to stderr. */
function run(program: string, args: string[], account: Account, descriptors: readonly number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'ignore', 'pipe', ...descriptors] as const;
    const child = spawn(program, args, { ...account, cwd: '/', env: environment(), stdio: [...stdio] });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(text || `exit ${code}`))));
  });
}

function checkData({ pgdata, password }: Place): void {
  const found = versionOf(pgdata);
  if (found === undefined || !existsSync(password)) {
    const lost = found === undefined ? path.join(pgdata, 'PG_VERSION') : password;
    throw new Error(
      `the data folder ${pgdata} is damaged (${lost} is missing): restore it from a backup, or remove it to start empty`,
    );
  }
  if (found !== VERSION)
    throw new Error(
      `the data folder ${pgdata} is of Postgres ${found} and this is Postgres ${VERSION}: dump and restore it`,
    );
}

function own(file: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
}

interface Adopted extends Server {
  url: string;
  port: number;
  /** nobody else's */
  own: boolean;
}

/** The server that runs on the folder again, though this program did not start it; at another port it is of no use. */
async function takeBack(place: Place, password: string, port: number): Promise<Server | undefined> {
  const running = await adopt(place, password);
  if (!running || running.port === port) return running;
  throw new Error(`a Postgres (pid ${running.pid}) runs on ${place.pgdata} at port ${running.port}: end it`);
}

/** A server that runs on the folder already, if it answers; one that does not is ended. */
async function adopt(place: Place, password: string): Promise<Adopted | undefined> {
  const found = readPostmaster(place.pgdata);
  if (!found) return undefined;
  const shared = ownerLives(place.owner);
  const url = urlOf(found.port, password, 'ku7s');
  for (
    const until = Date.now() + (shared ? START_MS : 5_000);
    Date.now() < until && isAlive(found.pid);
    await delay(50)
  ) {
    if (!(await makeDatabase(found.port, password))) continue;
    const ended = gone(found.pid);
    return { url, port: found.port, own: !shared, pid: found.pid, ended, stop: () => stopPostmaster(found.pid) };
  }
  if (isAlive(found.pid)) await stopPostmaster(found.pid);
  return undefined;
}

/** Resolves when a process that is not a child of this one is no more. */
async function gone(pid: number): Promise<string> {
  while (isAlive(pid)) await delay(LOOK_MS, undefined, { ref: false });
  return '';
}

function ownerLives(file: string): boolean {
  const [pid, since] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  return Number(pid) > 0 && Number(pid) !== process.pid && isAlive(Number(pid)) && startTime(Number(pid)) === since;
}

/** Tells a process from a later one with the same pid; '' where the system does not say. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Marks the server as ours; the result ends it once. */
function taken(place: Place, stop: () => Promise<void>): () => Promise<void> {
  writeFileSync(place.owner, `${process.pid} ${startTime(process.pid)}`);
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop().finally(() => rmSync(place.owner, { force: true })));
}

class StartFailure extends Error {
  constructor(
    message: string,
    readonly portTaken: boolean,
    readonly orphans: boolean,
  ) {
    super(message);
  }
}

async function start(
  place: Place,
  binaries: Binaries,
  account: Account,
  port: number,
  password: string,
  durable: boolean,
): Promise<Server> {
  if (existsSync(place.log) && statSync(place.log).size > LOG_BYTES) rmSync(place.log);
  const log = openSync(place.log, 'a', 0o600);
  const before = statSync(place.log).size;
  // an own session: Ctrl-C in the terminal must reach ku7s first, which closes the store and then the server
  const data = handOver(place.pgdata, account, 3);
  const child = spawn(binaries.postgres, ['-D', data.path, ...serverFlags(port, durable)], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log, data.fd],
    env: environment(),
  });
  closeSync(log);
  closeSync(data.fd);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(tailOf(place.log, before)));
  });
  let failure: string | undefined;
  void ended.then((message) => (failure = message));
  for (const until = Date.now() + START_MS; Date.now() < until && failure === undefined;) {
    if (await makeDatabase(port, password)) {
      if (failure !== undefined) break;
      child.unref();
      return { pid: child.pid!, ended, stop: () => stopChild(child) };
    }
    await Promise.race([delay(15), ended]);
  }
  if (failure === undefined && child.pid) await stopPostmaster(child.pid);
  const why = failure ?? `no answer within ${START_MS / 1000} s`;
  const portTaken = /Address already in use|could not bind|could not create any TCP/i.test(why);
  throw new StartFailure(
    portTaken
      ? `Postgres cannot listen on 127.0.0.1:${port}: the port is in use`
      : `Postgres did not start on ${place.pgdata}: ${why}`,
    portTaken,
    /pre-existing shared memory block|lock file "postmaster.pid"/.test(why),
  );
}

/** What the server has written since it was started; nothing when the whole folder is gone. */
function tailOf(log: string, before: number): string {
  return existsSync(log) ? readFileSync(log).subarray(before).toString().trim().slice(-2_000) : '';
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid && child.exitCode === null && child.signalCode === null) await stopPostmaster(child.pid);
}

/** True when the server answers and has the database. */
async function makeDatabase(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'ku7s'`);
    if (!rowCount) await client.query('CREATE DATABASE ku7s').catch(ignoreDuplicate);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01')
      throw new Error(`port ${port} is another Postgres: it refuses our password`);
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Two processes that start together. */
function ignoreDuplicate(error: { code?: string }): void {
  if (error.code !== '42P04' && error.code !== '23505') throw error;
}

const urlOf = (port: number, password: string, database: string): string =>
  `postgresql://ku7s:${password}@127.0.0.1:${port}/${database}`;

const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' });

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
