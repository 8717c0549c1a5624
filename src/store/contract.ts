import type { KubeObject } from '../meta/object.ts';

/**
 * The store: revisions, events and errors in one place. It knows keys, bytes and revisions, and nothing of kinds.
 *
 * A body is the JSON of an object in its stored version without kind, apiVersion and metadata.resourceVersion, with
 * `metadata` first and not empty: `{"metadata":{"name":"a",…},"spec":…}`. The cache holds it with the revision put in
 * (`{"metadata":{"resourceVersion":"12","name":"a",…`), which is also the form of an item of a list, so that a list is
 * a concatenation and an object is its kind's head and these bytes from the second on.
 */
export interface Key {
  /** StorageKind.key: `pods`, `deployments.apps` */
  resource: string;
  /** '' for cluster scope */
  namespace: string;
  name: string;
}

/** What the store extracts from an object at each write, for selectors and relations. */
export interface Columns {
  uid: string;
  labels: Record<string, string> | undefined;
  /** values for field selectors (strategy.fields), without metadata.name and metadata.namespace */
  fields: Record<string, string> | undefined;
  /** uids of metadata.ownerReferences */
  owners: readonly string[] | undefined;
  /** the body has integers beyond 2^53: JSON.parse would round them */
  exact?: true | undefined;
}

/** One object at one revision. Immutable and shared: `object` must not be changed (use `copy`). */
export interface Stored extends Key, Columns {
  revision: number;
  /** item form, see above */
  bytes: Buffer;
  /** Parsed, without kind and apiVersion, with resourceVersion; parsed at the first use and kept while memory allows. */
  readonly object: KubeObject;
  /** the same, where it has been parsed and is still kept */
  readonly parsed: KubeObject | undefined;
  /** a fresh parse that the caller may change */
  copy(): KubeObject;
  /** the same state at a later revision: what a watcher is shown when the object leaves its selection */
  deletedAt?(revision: number): Stored;
  /** Encodings of this revision (YAML, protobuf, Table row …) made at most once and shared. Bounded by the event's life in cache. */
  encoded(format: string, make: () => Buffer): Buffer;
}

export interface Author {
  user: string;
  /** field manager or user agent */
  manager: string;
  /** create, update, patch, apply, delete, status … */
  verb: string;
  /** address of the client's connection */
  client?: string;
  /** the way in: rest, graphql, or loop for this program's own */
  facade?: string;
  /** who acted for `user` */
  impersonator?: string;
  /** names a request of several writes; what is written all at once has one by itself */
  changeSet?: string;
}

/** One write with its expectation. */
export type Write = Key & {
  by: Author;
  /** ms that it may wait for others to share a statement with; absent: it goes as soon as the connection is free */
  patience?: number;
} & (
    | { type: 'create'; body: Buffer; columns: Columns; object?: KubeObject }
    /** `expect`: the revision that the writer saw */
    | { type: 'update'; expect: number; body: Buffer; columns: Columns; object?: KubeObject }
    | { type: 'delete'; expect: number }
  );

export type Outcome =
  | { ok: true; stored: Stored }
  /** `exists`: create of a present key; `missing`: update or delete of an absent one; `changed`: it is at another revision */
  | { ok: false; why: 'exists' | 'missing' | 'changed'; current: Stored | undefined };

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One revision as a watcher sees it. For DELETED `stored` is the last state, with the revision of the deletion. */
export interface StoreEvent {
  type: EventType;
  revision: number;
  stored: Stored;
  /** the state before (for selector transitions); undefined for ADDED, and where the log no longer has it */
  previous: Stored | undefined;
}

export interface Scope {
  resource: string;
  /** undefined: all */
  namespace?: string;
  /** an exact name: a watch or list of one object */
  name?: string;
}

/** A label, or a field of Columns, with one of some values. Exactly one of `label` and `field` is given. */
export interface Having {
  label?: string;
  field?: string;
  values: readonly string[];
}

export interface WatchHandlers {
  /** In order of revision, in batches as they commit. Must not block; a handler that throws ends its own watch. */
  onEvents(events: readonly StoreEvent[]): void;
  /** Everything up to and including `revision` has been delivered, of any resource. Called at most every `progressMs`, and on demand. */
  onProgress?(revision: number): void;
  /** The watch is over: `expired` (fell out of the ring), `closed` (store is closing). */
  onEnd(reason: 'expired' | 'closed'): void;
}

export interface ListSnapshot {
  /** sorted by namespace, then name (byte order) */
  items: readonly Stored[];
  /** the revision at which exactly these items existed */
  revision: number;
}

/**
 * What existed at one revision, whatever is written meanwhile. It answers at once for as long as this process remembers
 * what has been written since, and reads the log after that. All throw Compacted.
 */
export interface View {
  readonly revision: number;
  get(key: Key): Stored | undefined | Promise<Stored | undefined>;
  /** `having` as in Store.list; sorted as all lists are */
  list(scope: Scope, having?: Having): readonly Stored[] | Promise<readonly Stored[]>;
  /** By owner uid, any resource, in no order; undefined where no index reaches so far back: look at the lists. */
  owned(ownerUid: string): readonly Stored[] | undefined;
}

/** Some of the history: of a resource, of it in a namespace, or of one object. */
export interface Place {
  resource: string;
  namespace?: string;
  /** with a namespace only */
  name?: string;
  /** with a namespace only: after this revision */
  above?: number;
}

/** When an object was made. */
export interface Made {
  revision: number;
  /** ms since the epoch, by the clock of who wrote it; undefined where that is kept no longer */
  at: number | undefined;
}

export interface ChangeQuery {
  /** of any of these; undefined: everything */
  places?: readonly Place[] | undefined;
  /** after this revision … */
  above?: number | undefined;
  /** … and before this one */
  below?: number | undefined;
  user?: string | undefined;
  /** in place of `places` and `user` */
  changeSet?: string | undefined;
  /** at most 500 */
  limit: number;
  /** with the values of confidential resources, while they are kept: for who shows them to nobody */
  confidential?: true;
}

export interface HistoryEntry extends Key {
  revision: number;
  type: EventType;
  /** ms since the epoch, by the clock of who wrote it */
  at: number;
  by: Author;
  changeSet: string;
  /** undefined where there was none, when it is no longer kept, and of confidential resources: no history shows a Secret */
  before: Stored | undefined;
  /** the same of what it became; of a deletion what was deleted, at its revision */
  stored: Stored | undefined;
}

export interface Store {
  /** Applied to this process's cache so far. */
  readonly revision: number;
  /** Oldest revision from which a watch may start and at which a list may be read. */
  readonly compacted: number;

  /** One write; resolves when it is durable and in this process's cache. Throws StoreUnavailable. */
  commit(write: Write): Promise<Outcome>;
  /** All or nothing, at consecutive revisions. On a failed expectation nothing is written and that write's outcome says why. */
  commitAll(
    writes: readonly Write[],
  ): Promise<{ ok: true; stored: Stored[] } | { ok: false; index: number; outcome: Outcome & { ok: false } }>;

  /** Waits until the cache holds everything committed anywhere before the call (one batched counter read); returns that revision. */
  fresh(): Promise<number>;
  /** Waits until the cache has reached `revision`. Rejects with TooLargeRevision after `timeoutMs`. */
  reached(revision: number, timeoutMs: number): Promise<void>;

  /** From the cache, as it is now, without touching Postgres. */
  get(key: Key): Stored | undefined;
  /**
   * `having` narrows it down where an index makes that cheaper than a look at every object: the list then has all that
   * match, and may have others.
   */
  list(scope: Scope, having?: Having): ListSnapshot;
  /** Count without making an array. */
  count(scope: Scope): number;
  /** By owner uid, any resource, from the index. */
  owned(ownerUid: string): readonly Stored[];
  byUid(uid: string): Stored | undefined;
  /** keys of all resources that have objects */
  resources(): readonly string[];

  /** The state at a revision that this process has come to, for many reads of it. Throws TooLargeRevision. */
  at(revision: number): View;
  /** As it was at an older revision; from the ring or from the log. Throws Compacted, TooLargeRevision. */
  listAt(scope: Scope, revision: number): Promise<ListSnapshot>;
  getAt(key: Key, revision: number): Promise<Stored | undefined>;
  /** The same as far as history reaches back, which is further than watches and lists do. */
  pastAt(scope: Scope, revision: number): Promise<ListSnapshot>;
  /**
   * The last revision written at a time (ms) or before it, and so all before it in the order of revisions, whatever
   * their clocks said. Undefined: nothing so old is kept.
   */
  revisionAt(time: number): Promise<number | undefined>;
  /** Newest first. What is kept no longer is not in it. */
  changes(query: ChangeQuery): Promise<HistoryEntry[]>;
  /** Whether its values are nobody's to see in histories: Secrets, and what is sealed because somebody said so. */
  isConfidential(resource: string): boolean;

  /** Events after `from` (exclusive). Throws Compacted when they are no longer there. Returns the function that ends it. */
  watch(scope: Scope, from: number, handlers: WatchHandlers): () => void;

  /** Whether a write of it would be kept in another way (another key, or none), so that also one that changes nothing is due. */
  isStale(stored: Stored): boolean;
  /** Reads anew what could not be opened: keys have come. */
  reopen(): void;
  /** An object of the scope that is there and cannot be read; undefined, as ever, when there is none. */
  unreadable(scope: Scope): Unreadable | undefined;

  /** The revision at which each object of a resource was made, as far as they are there, by namespace and name (`a/b`, `/b`). */
  created(resource: string): Promise<ReadonlyMap<string, number>>;
  /** When an object that is there was made. */
  made(key: Key): Promise<Made | undefined>;
  /** Small named values that all processes share (CA, keys, settings): first writer wins. Returns what is there afterwards. */
  setting(name: string, makeValue: () => Promise<string>): Promise<string>;
  compact(before: number): Promise<void>;
  close(): Promise<void>;
}

/** What is stored of an object cannot be opened: a key is missing, or it was tampered with. Becomes 500. */
export class Unreadable extends Error {
  override name = 'Unreadable';
  readonly key: Key;
  constructor({ resource, namespace, name }: Key, why: string) {
    super(why);
    this.key = { resource, namespace, name };
  }
}
/** Postgres does not answer; becomes 503 with Retry-After. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}
/** The revision asked for is older than the log; becomes 410 Expired. */
export class Compacted extends Error {
  override name = 'Compacted';
  constructor(
    readonly requested: number,
    readonly compacted: number,
  ) {
    super(`revision ${requested} is compacted, the oldest is ${compacted}`);
  }
}
/** A revision that has not been reached; becomes 504 with `Too large resource version`. */
export class TooLargeRevision extends Error {
  override name = 'TooLargeRevision';
  constructor(
    readonly requested: number,
    readonly current: number,
  ) {
    super(`revision ${requested} is ahead of ${current}`);
  }
}
