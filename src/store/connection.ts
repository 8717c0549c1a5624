import pg from 'pg';
import { StoreUnavailable } from './contract.ts';

export type Log = (message: string, fields?: Record<string, unknown>) => void;

export interface ConnectionOptions {
  url: string;
  /** as pg_stat_activity shows it */
  name: string;
  /** statements of every new session */
  setup?: string | undefined;
  onNotify?: (() => void) | undefined;
  /** a statement that takes longer is given up by the server */
  statementMs: number;
  log: Log;
}

export interface Statement {
  /** prepared once per session under this name; absent: not prepared */
  name?: string;
  text: string;
  values?: unknown[];
}

/** By when we give up a statement, with its connection, after the server should have. */
const GRACE_MS = 5_000;
/** Statements that wait for the session. */
const MAX_WAITING = 10_000;
const CONNECT_MS = 5_000;
/** Between attempts to connect: doubles from the first to the second value. */
const BACKOFF_MS = [50, 2_000] as const;

/**
 * One session with Postgres, opened at the first use and again after a failure. While the server is away statements
 * fail at once with StoreUnavailable; an attempt to connect is made at most once per back-off.
 */
export class Connection {
  #client: Promise<pg.Client> | undefined;
  #open: pg.Client | undefined;
  #backoff: number = BACKOFF_MS[0];
  #notBefore = 0;
  #closed = false;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Errors: StoreUnavailable when the server cannot answer (the statement may have been done); else the server's own. */
  async query<R extends pg.QueryResultRow>(statement: Statement): Promise<R[]> {
    if (this.#waiting >= MAX_WAITING) throw new StoreUnavailable(`${MAX_WAITING} statements are waiting`);
    this.#waiting += 1;
    // the driver would queue them too, but is going to stop doing so
    const turn = this.#last.then(() => this.#query<R>(statement));
    this.#last = turn.then(ignore, ignore);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The row of a statement that answers one, whatever there is. */
  async one<R extends pg.QueryResultRow>(statement: Statement): Promise<R> {
    const [row] = await this.query<R>(statement);
    if (!row) throw new Error(`a statement without its row: ${statement.name ?? statement.text}`);
    return row;
  }

  async #query<R extends pg.QueryResultRow>(statement: Statement): Promise<R[]> {
    const client = this.#open ?? (await this.connect());
    let timer: NodeJS.Timeout | undefined;
    try {
      const expired = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          this.#drop(client);
          reject(new StoreUnavailable('Postgres does not answer'));
        }, this.#options.statementMs + GRACE_MS);
      });
      const result = await Promise.race([client.query<R>(statement), expired]);
      return result.rows;
    } catch (error) {
      throw this.#translate(error, client);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The session; opens it when there is none. */
  connect(): Promise<pg.Client> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (this.#client) return this.#client;
    if (Date.now() < this.#notBefore) return Promise.reject(new StoreUnavailable('Postgres is not reachable'));
    const attempt = this.#connect().catch((error: Error) => {
      this.#client = undefined;
      this.#notBefore = Date.now() + this.#backoff;
      this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS[1]);
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable(error.message, { cause: error });
    });
    this.#client = attempt;
    return attempt;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    this.#open = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<pg.Client> {
    const { url, name, setup, onNotify, statementMs, log } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: `ku7s ${name}`,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      types: { getTypeParser: parserOf as pg.CustomTypesConfig['getTypeParser'] },
    });
    client.on('error', (error) => {
      if (!this.#closed) log('lost the connection to Postgres', { connection: name, error: error.message });
      this.#drop(client);
    });
    client.on('end', () => this.#drop(client));
    if (onNotify) client.on('notification', onNotify);
    try {
      await client.connect();
      await client.query(
        `SET statement_timeout = ${statementMs}; SET default_transaction_isolation = 'read committed'; ${setup ?? ''}`,
      );
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    if (this.#closed) {
      await client.end();
      throw new StoreUnavailable('the store is closed');
    }
    this.#backoff = BACKOFF_MS[0];
    this.#open = client;
    return client;
  }

  #drop(client: pg.Client): void {
    if (this.#open !== client) return;
    this.#open = undefined;
    this.#client = undefined;
    // what is still waiting for this session fails now, not when TCP gives up
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  #translate(error: unknown, client: pg.Client): unknown {
    if (error instanceof StoreUnavailable) return error;
    const { code, message } = error as { code?: string; message: string };
    // an SQLSTATE has five characters; node's own codes (ECONNRESET) and the driver's errors (none) mean a lost connection
    const sql = code !== undefined && /^[0-9A-Z]{5}$/.test(code);
    if (!sql) this.#drop(client);
    return sql && !isOutage(code) ? error : new StoreUnavailable(message, { cause: error });
  }
}

/** connection exceptions, lack of resources, operator intervention (shutdown, time-out), a server that is read-only */
const isOutage = (code: string): boolean => /^(08|53|57|58|25006)/.test(code);

const ignore = (): void => undefined;

const integers = (value: string): (number | null)[] =>
  value === '{}'
    ? []
    : value
        .slice(1, -1)
        .split(',')
        .map((part) => (part === 'NULL' ? null : Number(part)));
const PARSERS: Record<number, (value: string) => unknown> = {
  16: (value) => value === 't',
  20: Number,
  23: Number,
  1007: integers,
  1016: integers,
};

/**
 * Revisions are numbers (2^53 of them last); everything else stays text, bodies and columns too. Binary rows are not
 * an option: the driver decodes every value as UTF-8 before a parser sees it, which destroys integers.
 */
const parserOf = (oid: number): ((value: string) => unknown) => PARSERS[oid] ?? String;
