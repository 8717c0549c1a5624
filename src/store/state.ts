import { byPlace } from './by-place.ts';
import type { EventType, Key, Scope, StoreEvent } from './contract.ts';
import type { Log } from './connection.ts';
import type { Item } from './item.ts';
import { ObjectCache } from './object-cache.ts';
import { Ring } from './ring.ts';
import { inScope, Watchers } from './watchers.ts';

/** One revision to be applied; without an item it is a deletion. */
export interface Change extends Key {
  type: EventType;
  revision: number;
  item: Item | undefined;
}

export interface RingBounds {
  events: number;
  bytes: number;
}

/** What this process knows: the objects, the newest events, and who watches. Revisions enter in order, without a gap. */
export class State {
  readonly watchers: Watchers;
  #cache = new ObjectCache();
  #ring: Ring;
  #revision = 0;
  readonly #bounds: RingBounds;

  constructor(bounds: RingBounds, log: Log) {
    this.#bounds = bounds;
    this.#ring = new Ring(0, bounds.events, bounds.bytes);
    this.watchers = new Watchers(log);
  }

  get revision(): number {
    return this.#revision;
  }
  get cache(): ObjectCache {
    return this.#cache;
  }
  /** The oldest revision after which the ring has every event. */
  get ringSince(): number {
    return this.#ring.since;
  }

  /** Begins anew from a loaded state; who watched has missed something and must list again. */
  reset(cache: ObjectCache, revision: number): void {
    this.#cache = cache;
    this.#revision = revision;
    this.#ring = new Ring(revision, this.#bounds.events, this.#bounds.bytes);
    this.watchers.endAll('expired');
  }

  /** Changes that are applied already are skipped; the first other one must be the next revision. */
  apply(changes: readonly Change[]): void {
    const events: StoreEvent[] = [];
    for (const change of changes) {
      if (change.revision <= this.#revision) continue;
      if (change.revision !== this.#revision + 1)
        throw new Error(`revision ${change.revision} applied after ${this.#revision}`);
      const previous = this.#cache.set(change, change.item);
      this.#revision = change.revision;
      const stored = change.item ?? previous?.deletedAt(change.revision);
      if (!stored)
        throw new Error(`revision ${change.revision} deletes ${change.resource} ${change.name}, which is unknown`);
      const event: StoreEvent = { type: change.type, revision: change.revision, stored, previous };
      this.#ring.push(event);
      events.push(event);
    }
    if (events.length) this.watchers.dispatch(events);
  }

  /** undefined when it has left the ring */
  eventAt(revision: number): StoreEvent | undefined {
    return this.#ring.at(revision);
  }

  /** Events of all resources after a revision that the ring reaches, oldest first. */
  allAfter(from: number): readonly StoreEvent[] {
    return from >= this.#revision ? [] : this.#ring.after(from, () => true);
  }

  /** Events of a scope after a revision that the ring reaches. */
  eventsAfter(scope: Scope, from: number): StoreEvent[] {
    return from >= this.#revision ? [] : this.#ring.after(from, (event) => inScope(scope, event));
  }

  /** Whether something of a scope has changed in (from, upto], of which the ring has everything. */
  hasEvent(scope: Scope, from: number, upto: number): boolean {
    for (let revision = from + 1; revision <= upto; revision++) {
      const event = this.#ring.at(revision);
      if (event && inScope(scope, event)) return true;
    }
    return false;
  }

  /** A scope as it was at a revision that the ring reaches: today's list with the later events undone, newest first. */
  listAt(scope: Scope, revision: number): readonly Item[] {
    const now = this.#cache.list(scope);
    const events = this.eventsAfter(scope, revision);
    if (!events.length) return now;
    const keyOf = ({ namespace, name }: Key): string => `${namespace}/${name}`;
    const items = new Map(now.map((item) => [keyOf(item), item]));
    for (const event of events.reverse()) {
      if (event.previous && event.type !== 'ADDED') items.set(keyOf(event.stored), event.previous as Item);
      else items.delete(keyOf(event.stored));
    }
    return [...items.values()].sort(byPlace);
  }
}
