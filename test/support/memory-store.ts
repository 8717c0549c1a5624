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
  type View,
  type WatchHandlers,
  type Write,
} from '../../src/store/contract.ts';
import { CONFIDENTIAL } from '../../src/store/confidential.ts';
import { Item, itemBytes } from '../../src/store/item.ts';
import { Retained } from '../../src/store/retained.ts';
import { State, type Change } from '../../src/store/state.ts';
import { StateView } from '../../src/store/view.ts';
import type { Watcher } from '../../src/store/watchers.ts';

type Refusal = Outcome & { ok: false };

/**
 * A store without a database: the real one's state (cache, ring, watchers) behind a counter of its own. Commits are
 * applied in the turn in which they come, so whoever awaits one sees it everywhere.
 */
export class MemoryStore implements Store {
  private readonly state: State;
  private readonly retained = new Retained();
  private readonly settings = new Map<string, string>();
  private readonly log: HistoryEntry[] = [];
  private readonly applied: Change[] = [];
  private closed = false;
  compacted = 0;

  constructor(
    private readonly now: () => number = Date.now,
    ring = 100_000,
  ) {
    this.state = new State({ events: ring, bytes: 64 << 20 }, () => undefined);
  }

  get revision(): number {
    return this.state.revision;
  }

  async commit(write: Write): Promise<Outcome> {
    const [outcome] = this.write([write]);
    return outcome!;
  }

  async commitAll(writes: readonly Write[]): ReturnType<Store['commitAll']> {
    const outcomes = this.write(writes);
    const index = outcomes.findIndex(({ ok }) => !ok);
    if (index >= 0) return { ok: false, index, outcome: outcomes[index] as Refusal };
    return { ok: true, stored: outcomes.map((outcome) => (outcome as Outcome & { ok: true }).stored) };
  }

  private write(writes: readonly Write[]): Outcome[] {
    if (this.closed) throw new StoreUnavailable('the store is closed');
    const refusals = writes.map((write) => this.refusal(write));
    const refused = refusals.filter((refusal) => refusal !== undefined);
    if (refused.length) return refusals.map((refusal) => refusal ?? refused[0]!);
    const changeSet = writes.length > 1 ? String(this.revision + 1) : undefined;
    return writes.map((write) => ({ ok: true, stored: this.apply(write, changeSet) }));
  }

  private refusal(write: Write): Refusal | undefined {
    const current = this.state.cache.get(write);
    if (write.type === 'create') return current && { ok: false, why: 'exists', current };
    if (!current) return { ok: false, why: 'missing', current };
    return current.revision === write.expect ? undefined : { ok: false, why: 'changed', current };
  }

  private apply(write: Write, changeSet: string | undefined): Stored {
    const revision = this.revision + 1;
    const { resource, namespace, name } = write;
    const key = { resource, namespace, name };
    const type = write.type === 'create' ? 'ADDED' : write.type === 'update' ? 'MODIFIED' : 'DELETED';
    const item =
      write.type === 'delete'
        ? undefined
        : new Item(key, revision, itemBytes(write.body, revision), write.columns, this.retained);
    this.enter({ ...key, type, revision, item });
    const { stored, previous: before } = this.state.eventAt(revision)!;
    const { changeSet: own = changeSet, ...by } = write.by;
    this.log.push({
      ...key,
      revision,
      type,
      at: this.now(),
      by,
      changeSet: own ?? String(revision),
      before,
      stored,
    });
    return stored;
  }

  private enter(change: Change): void {
    this.applied.push(change);
    this.state.apply([change]);
  }

  /** Another store with the same past. */
  copy(now: () => number): MemoryStore {
    const store = new MemoryStore(now);
    for (const change of this.applied) store.enter(change);
    store.log.push(...this.log);
    for (const [name, value] of this.settings) store.settings.set(name, value);
    return store;
  }

  async fresh(): Promise<number> {
    if (this.closed) throw new StoreUnavailable('the store is closed');
    return this.revision;
  }
  async reached(revision: number): Promise<void> {
    if (revision > this.revision) throw new TooLargeRevision(revision, this.revision);
  }
  get(key: Key): Stored | undefined {
    return this.state.cache.get(key);
  }
  list(scope: Scope, having?: Having): ListSnapshot {
    return { items: this.state.cache.list(scope, having), revision: this.revision };
  }
  count(scope: Scope): number {
    return this.state.cache.count(scope);
  }
  owned(ownerUid: string): readonly Stored[] {
    return this.state.cache.owned(ownerUid);
  }
  byUid(uid: string): Stored | undefined {
    return this.state.cache.byUid(uid);
  }
  resources(): readonly string[] {
    return this.state.cache.resources();
  }

  at(revision: number): View {
    const checkAge = (_: Scope, at: number): void => {
      if (at < this.compacted) throw new Compacted(at, this.compacted);
    };
    return new StateView(this.state, { checkAge, listAt: (scope, at) => this.listAt(scope, at) }, revision);
  }

  async listAt(scope: Scope, revision: number): Promise<ListSnapshot> {
    if (revision > this.revision) throw new TooLargeRevision(revision, this.revision);
    if (revision < this.compacted) throw new Compacted(revision, this.compacted);
    return { items: this.state.listAt(scope, revision), revision };
  }
  async getAt(key: Key, revision: number): Promise<Stored | undefined> {
    return (await this.listAt(key, revision)).items[0];
  }
  async pastAt(scope: Scope, revision: number): Promise<ListSnapshot> {
    return this.listAt(scope, revision);
  }
  async revisionAt(time: number): Promise<number | undefined> {
    return this.log.findLast(({ at }) => at <= time)?.revision;
  }
  async changes(query: ChangeQuery): Promise<HistoryEntry[]> {
    const { places, above = 0, below = Infinity, user, changeSet } = query;
    const isIn = ({ resource, namespace, name, revision }: HistoryEntry): boolean =>
      places === undefined ||
      places.some(
        (place) =>
          place.resource === resource &&
          (place.namespace ?? namespace) === namespace &&
          (place.name ?? name) === name &&
          revision > (place.above ?? 0),
      );
    return this.log
      .filter(({ revision }) => revision > above && revision < below)
      .filter((entry) =>
        changeSet === undefined
          ? isIn(entry) && (user ?? entry.by.user) === entry.by.user
          : entry.changeSet === changeSet,
      )
      .reverse()
      .slice(0, query.limit)
      .map((entry) =>
        query.confidential || !this.isConfidential(entry.resource)
          ? entry
          : { ...entry, before: undefined, stored: undefined },
      );
  }
  isConfidential(resource: string): boolean {
    return CONFIDENTIAL.includes(resource);
  }

  watch(scope: Scope, from: number, handlers: WatchHandlers): () => void {
    if (this.closed) throw new StoreUnavailable('the store is closed');
    if (from < this.compacted) throw new Compacted(from, this.compacted);
    const watcher: Watcher = { scope, handlers, from, backlog: undefined, ended: false };
    const backlog = this.state.eventsAfter(scope, from);
    watcher.from = Math.max(from, this.revision);
    this.state.watchers.add(watcher);
    if (backlog.length) watcher.backlog = backlog;
    const at = watcher.from;
    setImmediate(() => !watcher.ended && this.state.watchers.caughtUp(watcher, at));
    return () => this.state.watchers.remove(watcher);
  }

  reopen(): void {}
  isStale(): boolean {
    return false;
  }
  unreadable(): undefined {
    return undefined;
  }

  async created(resource: string): Promise<ReadonlyMap<string, number>> {
    const added = this.log.filter((entry) => entry.resource === resource && entry.type === 'ADDED');
    return new Map(added.map(({ namespace, name, revision }) => [`${namespace}/${name}`, revision]));
  }
  async made({ resource, namespace, name }: Key): Promise<Made | undefined> {
    const query = { places: [{ resource, namespace, name }], limit: this.log.length };
    return (await this.changes(query)).find(({ type }) => type === 'ADDED');
  }
  async setting(name: string, makeValue: () => Promise<string>): Promise<string> {
    if (!this.settings.has(name)) this.settings.set(name, await makeValue());
    return this.settings.get(name)!;
  }
  async compact(before: number): Promise<void> {
    this.compacted = Math.max(this.compacted, before);
  }
  async close(): Promise<void> {
    this.closed = true;
    this.state.watchers.endAll('closed');
  }
}
