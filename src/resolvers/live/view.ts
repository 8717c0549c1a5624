import type { Api, RequestContext, WatchEvent } from '../../api/contract.ts';
import { hasWebhook } from '../../api/conversion/stored-version.ts';
import { Slice } from '../../api/fairness/turns.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { sorted } from '../where/sorting.ts';
import { Entries } from './entries.ts';
import type { Entry, LiveSelection } from './live-selection.ts';
import { OrderedSet } from './ordered-set.ts';
import { sharedWatch } from './shared-watch.ts';

/** One change of the view, told when it has been made. Places are -1 where it is not in it. */
export interface ViewChange {
  readonly entry: Entry;
  /** what it was; undefined where it was not in it */
  readonly before: Stored | undefined;
  readonly from: number;
  readonly to: number;
}

/** What a view tells those who look at it. */
export interface ViewListener {
  changed(change: ViewChange): void;
  /** what has happened until now has been told */
  settled(): void;
  /** it was read anew: what was known of it is not so any more */
  reset(): void;
  ended(error: unknown): void;
}

/** Counts the objects of views against what may be held. Throws 429. */
export type Hold = (objects: number) => void;

/** Events that wait to be applied, beyond which it is read anew. */
const MAX_PENDING = 20_000;
/** Entries that are put in between two looks at the clock. */
const LOOK_EVERY = 128;
/** s; the watch is begun again then, and nobody notices */
const WATCH_SECONDS = 24 * 3600;

/**
 * All objects of a selection in its order, kept by the watch of the API: a change costs the filter, and a search for the
 * old and the new place. One for all who ask for the same by the same rights, whatever of it they look at.
 */
export class LiveView {
  /** the state that it has */
  revision = 0;
  private entries = new Entries();
  private set: OrderedSet<Entry>;
  private readonly listeners = new Set<ViewListener>();
  private readonly watches = new Map<number, () => void>();
  /** watches that hear of an event when it happens */
  private readonly caughtUp = new Set<number>();
  /** of watches whose events come when a webhook has converted them: until which revision all have come */
  private readonly progress = new Map<number, number>();
  private pending: WatchEvent[] = [];
  private applying = false;
  private over = false;
  /** counts how often it was read, so that what a former watch tells late is not taken for news */
  private reading = 0;

  constructor(
    private readonly api: Api,
    private readonly request: RequestContext,
    readonly selection: LiveSelection,
    private readonly hold: Hold,
  ) {
    this.set = new OrderedSet(this.compare);
  }

  get size(): number {
    return this.set.size;
  }

  at(rank: number): Entry | undefined {
    return this.set.at(rank);
  }

  first(count: number): Entry[] {
    return this.set.first(count);
  }

  /** The place of an entry; -1: it is not there any more. */
  placeOf(entry: Entry): number {
    return this.set.rankOf(entry);
  }

  /** Goes on to the newest state that is known to have nothing new for it, and says which that is. */
  reach(): number {
    const { pending, caughtUp, selection } = this;
    if (!this.applying && !this.over && pending.length === 0 && caughtUp.size === selection.targets.length)
      this.revision = Math.max(this.revision, this.api.store.revision);
    return this.revision;
  }

  follow(listener: ViewListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads the state and follows it. Throws what the API refuses it with, and 429 where it holds too much. */
  async begin(): Promise<void> {
    const reading = ++this.reading;
    for (const stop of this.watches.values()) stop();
    this.watches.clear();
    this.caughtUp.clear();
    this.progress.clear();
    this.pending = [];
    const { revision, entries } = await this.read();
    const [known, set] = await this.filled(entries);
    if (this.over || reading !== this.reading) return;
    this.hold(known.size - this.entries.size);
    this.entries = known;
    this.set = set;
    this.revision = revision;
    for (const place of this.selection.targets.keys()) await this.watch(place, revision, reading);
  }

  /** The objects of the selection in order, as they were at a revision. Throws 410 where they are not known any more. */
  async read(at?: number): Promise<{ revision: number; entries: Entry[] }> {
    const { revision, entries } = await this.selection.read(at);
    return { revision, entries: await sorted(entries, this.compare) };
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    for (const stop of this.watches.values()) stop();
    this.hold(-this.entries.size);
    this.entries = new Entries();
    this.pending = [];
    this.listeners.clear();
  }

  /** @param sorted of a state; there may be many of them */
  private async filled(sorted: readonly Entry[]): Promise<[Entries, OrderedSet<Entry>]> {
    const slice = new Slice();
    const entries = new Entries();
    for (const [i, entry] of sorted.entries()) {
      entries.add(entry);
      if (i % LOOK_EVERY === LOOK_EVERY - 1 && slice.over) await slice.next();
    }
    const set = new OrderedSet(this.compare);
    for (const _ of set.fill(sorted)) if (slice.over) await slice.next();
    return [entries, set];
  }

  private readonly compare = (a: Entry, b: Entry): number =>
    this.selection.compare(a.key, b.key) ||
    textOrder(a.stored.namespace, b.stored.namespace) ||
    textOrder(a.stored.name, b.stored.name);

  private async watch(place: number, from: number, reading: number): Promise<void> {
    const target = this.selection.targets[place];
    if (!target) return;
    let seen = from;
    const isCurrent = (): boolean => !this.over && reading === this.reading;
    const stop = await sharedWatch(
      this.api,
      this.request,
      target,
      {
        ...this.selection.options,
        resourceVersion: String(from),
        allowWatchBookmarks: true,
        timeoutSeconds: WATCH_SECONDS,
      },
      {
        onEvents: (events) => {
          seen = events.at(-1)?.stored.revision ?? seen;
          if (isCurrent()) this.take(events);
        },
        onBookmark: (revision) => {
          seen = Math.max(seen, revision);
          if (isCurrent() && !this.applying) this.revision = Math.max(this.revision, revision);
        },
        onProgress: (at) => {
          if (!isCurrent()) return;
          if (hasWebhook(target.kind)) this.proceed(place, at);
          else this.caughtUp.add(place);
        },
        onEnd: (error) => {
          if (!isCurrent()) return;
          this.caughtUp.delete(place);
          if (!error) void this.watch(place, seen, reading).catch((why: unknown) => this.fail(why));
          else if (isStatusError(error) && error.code === 410) void this.readAnew();
          else this.fail(error);
        },
      },
    );
    if (isCurrent()) this.watches.set(place, stop);
    else stop();
  }

  /** All watches have told all until a revision: so the state is of the oldest of these. */
  private proceed(place: number, revision: number): void {
    const { progress, selection } = this;
    progress.set(place, revision);
    if (this.applying || this.pending.length > 0 || progress.size < selection.targets.length) return;
    this.revision = Math.max(this.revision, Math.min(...progress.values()));
  }

  private async readAnew(): Promise<void> {
    try {
      await this.begin();
      for (const listener of this.listeners) listener.reset();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    const listeners = [...this.listeners];
    this.close();
    for (const listener of listeners) listener.ended(error);
  }

  private take(events: readonly WatchEvent[]): void {
    for (const event of events) this.pending.push(event);
    if (this.pending.length > MAX_PENDING) return void this.readAnew();
    if (this.applying) return;
    this.applying = true;
    void this.apply();
  }

  /** Others have their turn between two events: the state is whole after each. */
  private async apply(): Promise<void> {
    // what several watches are told of one commit comes in this turn
    await Promise.resolve();
    const slice = new Slice();
    try {
      while (this.pending.length && !this.over) {
        const { pending, reading } = this;
        this.pending = [];
        if (this.selection.targets.length > 1) pending.sort((a, b) => a.stored.revision - b.stored.revision);
        for (const [i, event] of pending.entries()) {
          if (i > 0 && slice.over) await slice.next();
          // it was read anew meanwhile
          if (this.over || reading !== this.reading) break;
          if (event.stored.revision > this.revision) this.applyOne(event);
        }
      }
      for (const listener of this.listeners) listener.settled();
    } catch (error) {
      this.fail(error);
    } finally {
      this.applying = false;
    }
  }

  private applyOne({ type, stored }: WatchEvent): void {
    const { matches, keyOf } = this.selection;
    const known = this.entries.get(stored);
    const isIn = type !== 'DELETED' && (!matches || matches(stored));
    this.revision = stored.revision;
    if (!known) {
      if (!isIn) return;
      this.hold(1);
      const entry: Entry = { stored, key: keyOf(stored), run: undefined };
      this.entries.add(entry);
      return this.tell({ entry, before: undefined, from: -1, to: this.set.add(entry) });
    }
    const before = known.stored;
    if (!isIn) {
      const from = this.set.delete(known);
      this.entries.delete(stored);
      this.hold(-1);
      return this.tell({ entry: known, before, from, to: -1 });
    }
    const key = keyOf(stored);
    if (this.selection.compare(key, known.key) === 0) {
      known.stored = stored;
      known.key = key;
      const at = this.set.rankOf(known);
      return this.tell({ entry: known, before, from: at, to: at });
    }
    const from = this.set.delete(known);
    known.stored = stored;
    known.key = key;
    this.tell({ entry: known, before, from, to: this.set.add(known) });
  }

  private tell(change: ViewChange): void {
    for (const listener of this.listeners) listener.changed(change);
  }
}

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
