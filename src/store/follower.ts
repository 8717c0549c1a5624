import { CONFIDENTIAL } from './confidential.ts';
import type { Connection, Log } from './connection.ts';
import { StoreUnavailable } from './contract.ts';
import type { Item } from './item.ts';
import type { Items } from './items.ts';
import { ObjectCache } from './object-cache.ts';
import * as loading from './sql/load.ts';
import { tail, type LogRow } from './sql/log.ts';
import type { Change, State } from './state.ts';

interface Waiter {
  revision: number;
  resolve(): void;
  reject(error: Error): void;
}

const PAGE = 500;
const LOAD_PAGE = 2_000;
/** Own results that wait for others' revisions before them. More are dropped: they are read from the log then. */
const MAX_PENDING = 1_000;

/**
 * Brings the state forward, in order: own commits from their results, others' from the log. What is missing between
 * is read; what has been compacted before it was read makes the whole state be loaded anew.
 */
export class Follower {
  readonly #state: State;
  readonly #items: Items;
  readonly #connection: Connection;
  readonly #log: Log;
  /** own results by their first revision */
  #pending = new Map<number, readonly Change[]>();
  #waiters: Waiter[] = [];
  #target = 0;
  #running = false;
  #compacted = 0;
  #confidential = 0;
  #reload = false;
  /** the statement that is being written; its result often is what a reader waits for */
  inFlight: Promise<unknown> | undefined;

  constructor(state: State, items: Items, connection: Connection, log: Log) {
    this.#state = state;
    this.#items = items;
    this.#connection = connection;
    this.#log = log;
  }

  get compacted(): number {
    return this.#compacted;
  }
  sawCompacted(revision: number): void {
    if (revision > this.#compacted) this.#compacted = revision;
  }

  /** How far the history of confidential resources is gone. */
  get confidential(): number {
    return this.#confidential;
  }
  /** The oldest revision at which a resource can be read, where everything of before `oldest` is gone. */
  oldest(resource: string, oldest = this.#compacted): number {
    return CONFIDENTIAL.includes(resource) ? Math.max(oldest, this.#confidential) : oldest;
  }
  sawConfidential(revision: number): void {
    if (revision > this.#confidential) this.#confidential = revision;
  }

  /** Loads everything that exists. */
  async load(): Promise<void> {
    const cache = new ObjectCache();
    const client = await this.#connection.connect();
    try {
      await this.#connection.query({ text: loading.beginLoad });
      const start = await this.#connection.one<loading.LoadStart>({ text: loading.loadStart });
      for (let after: [string, string, string] = ['', '', '']; ;) {
        const rows = await this.#connection.query<loading.LoadRow>({
          name: 'load',
          text: loading.loadPage,
          values: [...after, LOAD_PAGE],
        });
        await this.#items.prepare(rows);
        for (const row of rows) cache.set(row, this.#items.read(row, row.revision, row.columns, row.body));
        const last = rows.at(-1);
        if (!last || rows.length < LOAD_PAGE) break;
        after = [last.resource, last.namespace, last.name];
      }
      await this.#connection.query({ text: loading.endLoad });
      this.#pending.clear();
      this.#compacted = start.compacted;
      this.#confidential = start.confidential;
      this.#state.reset(cache, start.revision);
      this.#wake();
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** The result of an own statement: consecutive revisions. Resolves when they are applied. */
  own(changes: readonly Change[]): Promise<void> {
    const [first, last] = [changes[0], changes.at(-1)];
    if (!first || !last) return Promise.resolve();
    if (first.revision <= this.#state.revision + 1) {
      this.#apply(changes);
      return Promise.resolve();
    }
    if (this.#pending.size < MAX_PENDING) this.#pending.set(first.revision, changes);
    return this.reach(last.revision);
  }

  /** Resolves when the state has come to a revision that is known to be committed; reads the log for it if need be. */
  reach(revision: number): Promise<void> {
    if (this.#state.revision >= revision) return Promise.resolve();
    this.#target = Math.max(this.#target, revision);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, resolve, reject });
      this.#run();
    });
  }

  /** Resolves when the state comes to a revision that may not exist yet. Returns the function that stops waiting. */
  wait(revision: number, resolve: () => void, reject: (error: Error) => void): () => void {
    const waiter = { revision, resolve, reject };
    this.#waiters.push(waiter);
    return () => (this.#waiters = this.#waiters.filter((other) => other !== waiter));
  }

  /** Loads everything anew: what could not be opened may be now. */
  loadAnew(): void {
    this.#reload = true;
    this.#run();
  }

  /** The database is behind what was read from it (restored, or a standby that had not everything took over). */
  wentBack(): void {
    this.#log('the database has gone back in time: loading it anew');
    this.loadAnew();
  }

  close(): void {
    this.#fail(new StoreUnavailable('the store is closed'));
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#catchUp().catch((error: unknown) => {
      this.#running = false;
      // own results that could not be applied stay; everything else is asked for again by who wants it
      this.#target = 0;
      const failure =
        error instanceof StoreUnavailable ? error : new StoreUnavailable((error as Error).message, { cause: error });
      if (!(error instanceof StoreUnavailable)) {
        this.#log('following the log failed', { error: String((error as Error).stack) });
        this.#reload = true;
      }
      this.#fail(failure);
    });
  }

  async #catchUp(): Promise<void> {
    while (!this.#done()) {
      if (this.#reload) {
        await this.load();
        this.#reload = false;
        continue;
      }
      await this.inFlight;
      if (!this.#done()) await this.#readPage();
    }
    // in the turn of the decision: who comes later starts it again
    this.#running = false;
  }

  #done(): boolean {
    this.#applyPending();
    return !this.#reload && this.#state.revision >= this.#target;
  }

  async #readPage(): Promise<void> {
    let upto = this.#target;
    for (const first of this.#pending.keys()) if (first > this.#state.revision) upto = Math.min(upto, first - 1);
    const rows = await this.#connection.query<LogRow>({
      name: 'tail',
      text: tail,
      values: [this.#state.revision, upto, PAGE],
    });
    await this.#items.prepare(rows);
    const next = this.#state.revision + 1;
    const changes = rows.filter(({ revision }) => revision !== null && revision >= next).map((row) => this.change(row));
    this.sawCompacted(rows[0]?.compacted ?? 0);
    this.sawConfidential(rows[0]?.confidential ?? 0);
    if (next > upto) return;
    // rows go from the midst of the log too: what follows a gap needs a load
    const whole = changes.findIndex(({ revision }, i) => revision !== next + i);
    if (changes[0]?.revision === next) this.#apply(whole < 0 ? changes : changes.slice(0, whole));
    else if (this.#compacted >= next || this.#confidential >= next || !changes.length) this.#reload = true;
    else throw new Error(`the log has no revision ${next}`);
  }

  change(row: LogRow): Change {
    const revision = row.revision!;
    const item: Item | undefined = row.body ? this.#items.read(row, revision, row.columns!, row.body) : undefined;
    return { type: row.type, revision, resource: row.resource, namespace: row.namespace, name: row.name, item };
  }

  #applyPending(): void {
    for (let applied = true; applied;) {
      applied = false;
      for (const [first, changes] of this.#pending) {
        if (first > this.#state.revision + 1) continue;
        this.#pending.delete(first);
        this.#apply(changes);
        applied = true;
      }
    }
  }

  #apply(changes: readonly Change[]): void {
    this.#state.apply(changes);
    this.#wake();
  }

  #wake(): void {
    const { revision } = this.#state;
    if (!this.#waiters.length) return;
    const due = this.#waiters.filter((waiter) => waiter.revision <= revision);
    if (!due.length) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of due) waiter.resolve();
  }

  #fail(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }
}
