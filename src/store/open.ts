import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from './connection.ts';
import type { Store, Write } from './contract.ts';
import { migrate } from './migrate.ts';
import { PostgresStore } from './postgres-store.ts';
import { DEFAULT_RETENTION, type Retention } from './retention.ts';
import type { Provider } from './sealing/provider.ts';
import type { Sealer } from './sealing/sealer.ts';
import { unlock } from './sealing/unlock.ts';

export interface StoreOptions {
  databaseUrl: string;
  /** events kept in memory for watches that resume; default 100,000 */
  ringSize?: number;
  /** and their bytes; default 64 MB */
  ringBytes?: number;
  retention?: Partial<Retention>;
  /** between two onProgress of a watch; default 1 s */
  progressMs?: number;
  /** a statement that takes longer is given up as StoreUnavailable; default 10 s */
  statementMs?: number;
  /** the time that revisions are marked with */
  clock?: { now(): number };
  /** the file of the cluster's own keys (see sealing/own-keys.ts); absent: nothing is sealed */
  keyFile?: string;
  /** what is sealed with which keys, settings apart, which are always sealed with the cluster's own */
  sealer?(own: Provider): Sealer;
  /** Told of each write, when it is known what became of it, and after how many ms; `answered`: the database has said. */
  onWrite?(operation: Write['type'], resource: string, ms: number, answered: boolean): void;
  /** Whether writes are on their way to the store: a statement waits for them some milliseconds, so that they share it. */
  moreComes?(): boolean;
  log?: Log;
}

/** A database that is still starting (or failing over) gets so long, ms. */
const WAIT_MS = 15_000;

/**
 * Opens the database: migrates it, loads what exists, and follows what comes. Errors: one `Error` that says what is
 * wrong with the database.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl: url, log = () => undefined, clock = Date } = options;
  const own = await prepare(url, options.keyFile, log);
  const store = new PostgresStore({
    url,
    ring: { events: options.ringSize ?? 100_000, bytes: options.ringBytes ?? 64 << 20 },
    retention: { ...DEFAULT_RETENTION, ...options.retention },
    progressMs: options.progressMs ?? 1_000,
    statementMs: options.statementMs ?? 10_000,
    now: () => clock.now(),
    own,
    sealer: own && options.sealer?.(own),
    ...(options.onWrite && { onWrite: options.onWrite }),
    ...(options.moreComes && { moreComes: options.moreComes }),
    log,
  });
  try {
    await store.start();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function prepare(url: string, keyFile: string | undefined, log: Log): Promise<Provider | undefined> {
  for (const until = Date.now() + WAIT_MS; ; await delay(200)) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: 'ku7s migration',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      void client.end().catch(() => undefined);
      if (isStarting(error as { code?: string }) && Date.now() < until) continue;
      throw new Error(
        `cannot reach the database ${describe(url)}: ${(error as Error).message || (error as { code?: string }).code}`,
      );
    }
    try {
      const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
      if (rows[0]?.server_encoding !== 'UTF8')
        throw new Error(`the database ${describe(url)} must have the encoding UTF8`);
      await migrate(client);
      return keyFile === undefined ? undefined : await unlock(client, keyFile, log);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Not there yet: nobody listens, the server is starting up or has no connection to spare. */
const isStarting = ({ code }: { code?: string }): boolean =>
  code === 'ECONNREFUSED' || code === '57P03' || code === '53300';

/** Without the password. */
function describe(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${pathname.slice(1)} at ${host}`;
  } catch {
    return 'of DATABASE_URL (not a URL)';
  }
}
