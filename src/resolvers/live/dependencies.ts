import { hasWebhook } from '../../api/conversion/stored-version.ts';
import type { Registry } from '../../kinds/kind.ts';
import { Compacted, type Store, type StoreEvent } from '../../store/contract.ts';
import { ownersOf } from '../relations/ownership.ts';
import type { KeysOf, ReadRecorder } from '../relations/reading.ts';

/** What one item depends on by name; one that reads more depends on all that is of those kinds. */
const KEYS_PER_ITEM = 500;
/** The same of all items together. */
const MAX_KEYS = 100_000;
/** Events that are remembered while something is read, and while nothing is; what is made of a state before them is made again. */
const MAX_RECENT = 5_000;
const MAX_RECENT_AT_REST = 500;

/** A way of having keys that somebody has asked by, in one namespace or ('') in all. */
interface Lookup {
  readonly prefix: string;
  readonly keysOf: KeysOf;
}

/** What is watched of one resource. */
interface Followed {
  stop(): void;
  readonly lookups: Map<string, Map<string, Lookup>>;
}

interface Mark {
  /** newest revision of what it depends on that was told */
  last: number;
  /** it was told of late, so that somebody may have been shown what was between */
  late: boolean;
}

/**
 * What items were made of, and which of them have to be made again. While an item is made it is recorded which objects,
 * lists and index keys were read (`begin`); each such kind is watched in the store, and an event looks up by its keys, old
 * and new, whose they are. The watch tells nothing to anybody: what comes of it is read anew by the reader's own rights.
 */
export class Dependencies<Item extends object> {
  private readonly readers = new Map<string, Set<Item>>();
  private readonly keys = new Map<Item, Set<string>>();
  /** of items that are being made: what they were made of before, by which they are still found */
  private readonly former = new Map<Item, Set<string>>();
  private readonly followed = new Map<string, Followed>();
  private readonly marks = new Map<Item, Mark>();
  /** resources whose watches do not yet tell of an event when it happens */
  private readonly starting = new Set<string>();
  private count = 0;
  /** what happened until then may have been shown already */
  private taken = 0;
  /** told, of what comes after the state that was read last: who reads next may be behind the watches */
  private recent: StoreEvent[] = [];
  /** newest revision that was told and is remembered no more, beyond what was read */
  private forgotten = 0;
  private reading = 0;
  private over = false;

  /** @param onChanged told when there is something to take */
  constructor(
    private readonly store: Store,
    private readonly registry: Registry,
    private readonly onChanged: () => void,
  ) {}

  /** Whether something is to be made again, or what has happened until now has not been told yet. */
  get isDue(): boolean {
    return this.marks.size > 0 || this.starting.size > 0;
  }

  /** Whether something is to be made again. */
  get isMarked(): boolean {
    return this.marks.size > 0;
  }

  /** Between this and `settle` items are made, of what there is at a revision. Later ones are of this one or newer. */
  open(revision: number): void {
    if (this.reading++ === 0) this.recent = this.recent.filter((event) => event.revision > revision);
  }

  /** What is read from now on is an item's, in place of what was read for it before. */
  begin(item: Item, revision: number): ReadRecorder {
    if (this.over) return NOTHING;
    const before = this.keys.get(item);
    if (before) {
      this.dropFormer(item);
      this.former.set(item, before);
    }
    const mine = new Set<string>();
    this.keys.set(item, mine);
    const add = (resource: string, key: string): void => {
      if (this.keys.get(item) !== mine) return;
      this.follow(resource, revision);
      const isMuch = mine.size >= KEYS_PER_ITEM || this.count >= MAX_KEYS;
      const own = isMuch ? `${resource} *` : key;
      if (mine.has(own)) return;
      mine.add(own);
      this.count++;
      const readers = this.readers.get(own);
      if (readers) readers.add(item);
      else this.readers.set(own, new Set([item]));
    };
    const having = (resource: string, namespace: string, id: string, keysOf: KeysOf, keys: readonly string[]): void => {
      const prefix = `${resource} has ${namespace} ${id} `;
      for (const key of keys) add(resource, prefix + key);
      const lookups = this.followed.get(resource)?.lookups;
      if (!lookups) return;
      const within = lookups.get(namespace) ?? new Map<string, Lookup>();
      lookups.set(namespace, within);
      if (!within.has(id)) within.set(id, { prefix, keysOf });
    };
    return {
      object: ({ storage: { key } }, namespace, name) => add(key, `${key} is ${namespace}/${name}`),
      all: ({ storage: { key } }, namespace) => add(key, `${key} in ${namespace}`),
      having: (kind, namespace, ...asked) =>
        // by which keys an event is found is known when a webhook has converted it
        hasWebhook(kind)
          ? add(kind.storage.key, `${kind.storage.key} in ${namespace}`)
          : having(kind.storage.key, namespace, ...asked),
      owned: (uid, kind) => {
        if (kind) return having(kind.storage.key, '', 'owner', ownersOf, [uid]);
        for (const key of this.persisted()) having(key, '', 'owner', ownersOf, [uid]);
      },
    };
  }

  /** What was begun after `open` has been made, of what there was at a revision: what was told meanwhile is looked at. */
  settle(revision: number): void {
    for (const item of this.former.keys()) this.dropFormer(item);
    if (revision < this.forgotten) this.markAll(this.forgotten);
    else for (const event of this.recent) if (event.revision > revision) this.mark(event);
    this.reading--;
    this.bound();
  }

  /** An item is of no interest any more. */
  forget(item: Item): void {
    this.marks.delete(item);
    this.drop(item);
  }

  private drop(item: Item): void {
    this.dropFormer(item);
    const keys = this.keys.get(item);
    this.keys.delete(item);
    this.unlink(item, keys);
  }

  private dropFormer(item: Item): void {
    const former = this.former.get(item);
    this.former.delete(item);
    this.unlink(item, former);
  }

  private unlink(item: Item, keys: ReadonlySet<string> = new Set()): void {
    const kept = this.keys.get(item);
    this.count -= keys.size;
    for (const key of keys) {
      if (kept?.has(key)) continue;
      const readers = this.readers.get(key);
      readers?.delete(item);
      if (readers?.size === 0) this.readers.delete(key);
    }
  }

  /** Everything is to be made again, of what there is at a revision or later: what decides has changed. */
  markAll(revision = 0): void {
    for (const item of this.keys.keys())
      this.marks.set(item, { last: Math.max(revision, this.marks.get(item)?.last ?? 0), late: true });
    if (this.marks.size) this.onChanged();
  }

  /** Somebody is shown everything of a revision: what has changed until then is told even if it has changed back since. */
  showAll(revision: number): void {
    this.taken = Math.max(this.taken, revision);
    for (const mark of this.marks.values()) mark.late = true;
  }

  /**
   * Items that are to be made of what there is at a revision, and whether they are to be told in any case.
   * @param most how many
   */
  take(revision: number, most: number): Map<Item, boolean> {
    this.taken = Math.max(this.taken, revision);
    const due = new Map<Item, boolean>();
    for (const [item, mark] of this.marks) {
      if (due.size >= most) break;
      due.set(item, mark.late);
      // what it is to be made of may not have been reached yet
      if (mark.last <= revision) this.marks.delete(item);
    }
    return due;
  }

  /** Nothing is known of any item. */
  clear(): void {
    for (const { stop } of this.followed.values()) stop();
    this.followed.clear();
    this.starting.clear();
    this.readers.clear();
    this.keys.clear();
    this.former.clear();
    this.marks.clear();
    this.recent = [];
    this.forgotten = 0;
    this.count = 0;
  }

  close(): void {
    this.over = true;
    this.clear();
  }

  private *persisted(): Iterable<string> {
    const seen = new Set<string>();
    for (const { storage } of this.registry.all()) {
      if (!storage.persisted || seen.has(storage.key)) continue;
      seen.add(storage.key);
      yield storage.key;
    }
  }

  private follow(resource: string, from: number): void {
    if (this.followed.has(resource)) return;
    const followed: Followed = { stop: () => undefined, lookups: new Map() };
    this.followed.set(resource, followed);
    this.starting.add(resource);
    try {
      followed.stop = this.store.watch({ resource }, from, {
        onEvents: (events) => this.changed(events),
        onProgress: () => this.starting.delete(resource),
        onEnd: (reason) => this.lost(resource, reason),
      });
    } catch (error) {
      // how it was since then is not known
      if (error instanceof Compacted) queueMicrotask(() => this.lost(resource, 'expired'));
      else if (!this.over) throw error;
    }
  }

  /** What has happened is not known: everything is made again, and follows it anew. */
  private lost(resource: string, reason: 'expired' | 'closed'): void {
    if (reason === 'closed' || this.over) return;
    this.followed.delete(resource);
    const { revision } = this.store;
    this.follow(resource, revision);
    // what is being made may turn out to have read it
    this.forgotten = Math.max(this.forgotten, revision);
    this.markAll(revision);
  }

  private changed(events: readonly StoreEvent[]): void {
    if (this.over) return;
    const before = this.marks.size;
    for (const event of events) {
      this.recent.push(event);
      this.mark(event);
    }
    this.bound();
    if (this.marks.size > before) this.onChanged();
  }

  private bound(): void {
    const most = this.reading ? MAX_RECENT : MAX_RECENT_AT_REST;
    if (this.recent.length <= most) return;
    for (const { revision } of this.recent.splice(0, this.recent.length - most / 2))
      this.forgotten = Math.max(this.forgotten, revision);
  }

  private mark({ stored, previous, revision }: StoreEvent): void {
    const { resource, namespace, name } = stored;
    this.markReaders(`${resource} *`, revision);
    this.markReaders(`${resource} is ${namespace}/${name}`, revision);
    this.markReaders(`${resource} in `, revision);
    if (namespace) this.markReaders(`${resource} in ${namespace}`, revision);
    const lookups = this.followed.get(resource)?.lookups;
    if (!lookups) return;
    for (const within of namespace ? ['', namespace] : ['']) {
      for (const { prefix, keysOf } of lookups.get(within)?.values() ?? []) {
        for (const key of keysOf(stored)) this.markReaders(prefix + key, revision);
        if (previous) for (const key of keysOf(previous)) this.markReaders(prefix + key, revision);
      }
    }
  }

  private markReaders(key: string, revision: number): void {
    const readers = this.readers.get(key);
    if (!readers) return;
    const late = revision <= this.taken;
    for (const item of readers) {
      const mark = this.marks.get(item);
      if (!mark) this.marks.set(item, { last: revision, late });
      else {
        mark.last = Math.max(mark.last, revision);
        mark.late ||= late;
      }
    }
  }
}

const nothing = (): void => undefined;
const NOTHING: ReadRecorder = { object: nothing, all: nothing, having: nothing, owned: nothing };
