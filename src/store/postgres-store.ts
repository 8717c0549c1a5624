import { CONFIDENTIAL } from './confidential.ts';
import { Connection, type Log } from './connection.ts';
import {
  Compacted,
  StoreUnavailable,
  TooLargeRevision,
  type ChangeQuery,
  type Having,
  type HistoryEntry,
  type Key,
  type ListSnapshot,
  type Made,
  type Outcome,
  type Scope,
  type Store,
  type Stored,
  type Unreadable,
  type View,
  type WatchHandlers,
  type Write,
} from './contract.ts';
import { Compactor } from './compactor.ts';
import { Follower } from './follower.ts';
import { History } from './history.ts';
import { Items } from './items.ts';
import { Past } from './past.ts';
import { Presence } from './presence.ts';
import { Retained } from './retained.ts';
import type { Retention } from './retention.ts';
import { Settings } from './settings.ts';
import { writerSession } from './sql/commit.ts';
import { listenerSession } from './sql/counter.ts';
import type { Provider } from './sealing/provider.ts';
import type { Sealer } from './sealing/sealer.ts';
import { State, type RingBounds } from './state.ts';
import { revisionAt } from './times.ts';
import { StateView, type PastReads } from './view.ts';
import { startWatch } from './watch.ts';
import { Writer, type AllOutcome, type OnWrite } from './writer.ts';
import { readCreated, readMade, type CreatedRow, type MadeRow } from './sql/created.ts';

export interface StoreParts {
  url: string;
  ring: RingBounds;
  retention: Retention;
  progressMs: number;
  statementMs: number;
  now: () => number;
  /** seals settings */
  own: Provider | undefined;
  sealer: Sealer | undefined;
  onWrite?: OnWrite;
  moreComes?: () => boolean;
  log: Log;
}

/**
 * The store of contract.ts over one database. Its parts, in the direction of the data: writer → Postgres → follower →
 * state (cache, ring, watchers); presence says when to follow, past reads what the state no longer has.
 */
export class PostgresStore implements Store {
  readonly #connections: Connection[] = [];
  readonly #state: State;
  readonly #items: Items;
  readonly #follower: Follower;
  readonly #writer: Writer;
  readonly #presence: Presence;
  readonly #compactor: Compactor;
  readonly #pastConnection: Connection;
  readonly #past: Past;
  readonly #history: History;
  readonly #settings: Settings;
  readonly #progressMs: number;
  #progress: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: StoreParts) {
    const { url, ring, retention, progressMs, statementMs, now, own, sealer, onWrite, moreComes, log } = parts;
    const connect = (name: string, setup?: string, onNotify?: () => void): Connection => {
      const connection = new Connection({ url, name, setup, onNotify, statementMs, log });
      this.#connections.push(connection);
      return connection;
    };
    const items = (this.#items = new Items(new Retained(), sealer));
    const state = (this.#state = new State(ring, log));
    const follower = (this.#follower = new Follower(state, items, connect('follower'), log));
    const background = connect('background');
    const listener = connect('listener', listenerSession, () => this.#presence.notified());
    this.#presence = new Presence({ connection: connect('counter'), listener, follower, state, log });
    const onWritten = (): void => {
      this.#presence.written();
      this.#compactor.written();
    };
    this.#writer = new Writer({
      connection: connect('writer', writerSession),
      follower,
      state,
      items,
      now,
      log,
      onWritten,
      ...(onWrite && { onWrite }),
      ...(moreComes && { moreComes }),
    });
    this.#compactor = new Compactor({ connection: background, follower, state, retention, now, log });
    this.#pastConnection = connect('past');
    this.#past = new Past(this.#pastConnection, follower, items);
    this.#history = new History(url, this.#pastConnection, items);
    this.#settings = new Settings(background, own);
    this.#progressMs = progressMs;
  }

  async start(): Promise<void> {
    await this.#follower.load();
    await this.#presence.start();
    this.#compactor.start();
    let told = this.revision;
    this.#progress = setInterval(() => {
      if (this.revision === told) return;
      told = this.revision;
      this.#state.watchers.progress(told);
    }, this.#progressMs);
    this.#progress.unref();
  }

  get revision(): number {
    return this.#state.revision;
  }
  get compacted(): number {
    return this.#follower.compacted;
  }

  commit(write: Write): Promise<Outcome> {
    return this.#writer.commit(write);
  }
  commitAll(writes: readonly Write[]): Promise<AllOutcome> {
    return this.#writer.commitAll(writes);
  }

  fresh(): Promise<number> {
    return this.#closed ? Promise.reject(new StoreUnavailable('the store is closed')) : this.#presence.fresh();
  }

  reached(revision: number, timeoutMs: number): Promise<void> {
    if (this.revision >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new TooLargeRevision(revision, this.revision));
      }, timeoutMs);
      const stop = this.#follower.wait(
        revision,
        () => {
          clearTimeout(timer);
          resolve();
        },
        (error) => {
          clearTimeout(timer);
          reject(error);
        },
      );
      this.#presence.notified();
    });
  }

  get(key: Key): Stored | undefined {
    return this.#state.cache.get(key);
  }
  list(scope: Scope, having?: Having): ListSnapshot {
    return { items: this.#state.cache.list(scope, having), revision: this.revision };
  }
  count(scope: Scope): number {
    return this.#state.cache.count(scope);
  }
  owned(ownerUid: string): readonly Stored[] {
    return this.#state.cache.owned(ownerUid);
  }
  byUid(uid: string): Stored | undefined {
    return this.#state.cache.byUid(uid);
  }
  resources(): readonly string[] {
    return this.#state.cache.resources();
  }

  at(revision: number): View {
    const past: PastReads = {
      checkAge: (scope, at) => this.#checkAge(scope, at, 0),
      listAt: (scope, at) => this.pastAt(scope, at),
    };
    return new StateView(this.#state, past, revision);
  }

  async listAt(scope: Scope, revision: number): Promise<ListSnapshot> {
    if (revision > this.revision && (await this.fresh()) < revision)
      throw new TooLargeRevision(revision, this.revision);
    this.#checkAge(scope, revision);
    if (revision >= this.#state.ringSince) return { items: this.#state.listAt(scope, revision), revision };
    return this.#past.listAt(scope, revision, 'watches');
  }

  async pastAt(scope: Scope, revision: number): Promise<ListSnapshot> {
    if (revision > this.revision && (await this.fresh()) < revision)
      throw new TooLargeRevision(revision, this.revision);
    this.#checkAge(scope, revision, 0);
    if (revision >= this.#state.ringSince) return { items: this.#state.listAt(scope, revision), revision };
    return this.#past.listAt(scope, revision, 'history');
  }

  revisionAt(time: number): Promise<number | undefined> {
    return revisionAt(this.#pastConnection, time, this.revision);
  }

  /** Throws Compacted where the past is gone, or is not to be shown any more. @param from how far back the asker may go */
  #checkAge(scope: Scope, revision: number, from = this.compacted): void {
    const oldest = this.#follower.oldest(scope.resource, from);
    if (revision >= oldest) return;
    // confidential history goes soon; who has missed nothing of it needs none of it
    const unchanged = (): boolean =>
      revision >= from && revision >= this.#state.ringSince && !this.#state.hasEvent(scope, revision, oldest);
    if (!unchanged()) throw new Compacted(revision, oldest);
  }

  async getAt({ resource, namespace, name }: Key, revision: number): Promise<Stored | undefined> {
    return (await this.listAt({ resource, namespace, name }, revision)).items[0];
  }

  changes(query: ChangeQuery): Promise<HistoryEntry[]> {
    return this.#history.of(query);
  }
  isConfidential(resource: string): boolean {
    return CONFIDENTIAL.includes(resource) || this.#items.isSealed(resource);
  }

  watch(scope: Scope, from: number, handlers: WatchHandlers): () => void {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    this.#checkAge(scope, from);
    return startWatch(this.#state, this.#past, scope, from, handlers);
  }

  reopen(): void {
    if (this.#state.cache.hasUnreadable) this.#follower.loadAnew();
  }
  isStale(stored: Stored): boolean {
    return this.#items.isStale(stored);
  }
  unreadable(scope: Scope): Unreadable | undefined {
    return this.#state.cache.unreadable(scope);
  }

  async created(resource: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#pastConnection.query<CreatedRow>({ text: readCreated, values: [resource] });
    return new Map(rows.map(({ namespace, name, created }) => [`${namespace}/${name}`, Number(created)]));
  }
  async made({ resource, namespace, name }: Key): Promise<Made | undefined> {
    const values = [resource, namespace, name];
    const [row] = await this.#pastConnection.query<MadeRow>({ text: readMade, values });
    return row && { revision: Number(row.created), at: row.at === null ? undefined : Math.round(Number(row.at)) };
  }
  setting(name: string, makeValue: () => Promise<string>): Promise<string> {
    return this.#settings.get(name, makeValue);
  }
  compact(before: number): Promise<void> {
    return this.#compactor.compact(before);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#progress);
    this.#presence.close();
    await this.#writer.close();
    await this.#compactor.close();
    this.#state.watchers.endAll('closed');
    this.#follower.close();
    await this.#history.close();
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}
