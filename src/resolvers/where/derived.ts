import { LRUCache } from 'lru-cache';
import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { byPlace } from '../../store/by-place.ts';

/** What was found out about each object of a list. */
interface Derived<T> {
  items: readonly Stored[];
  /** by the index of the item */
  values: readonly T[];
}

/** Of one kind: lists of values, all values together, and ms that one stays that nobody asks for. */
const MAX_LISTS = 16;
const MAX_VALUES = 1_000_000;
const UNUSED_MS = 60_000;
/** Below this a look at each object costs less. */
export const MIN_OBJECTS = 1024;
/** Objects between two looks at the clock: such that are looked at, and such that are only passed. */
const LOOK_EVERY = 16;
const PASS_EVERY = 4096;

const known = new WeakMap<Kind, DerivedValues>();

/**
 * What filters and orders have found out about the objects of a kind, kept for the next time: only objects that have
 * been written since are looked at again, as a stored object never changes. Writes cost nothing; nothing is kept that is
 * not asked for.
 */
export class DerivedValues {
  private readonly lists = new LRUCache<string, Derived<unknown>>({
    max: MAX_LISTS,
    maxSize: MAX_VALUES,
    sizeCalculation: ({ items }) => items.length + 1,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    ttlAutopurge: true,
  });
  /** what was asked for once, and is worth keeping the second time */
  private readonly asked = new LRUCache<string, true>({ max: 4 * MAX_LISTS });

  static of(kind: Kind): DerivedValues {
    let values = known.get(kind);
    if (!values) known.set(kind, (values = new DerivedValues()));
    return values;
  }

  has(key: string): boolean {
    return this.lists.has(key);
  }

  /** Says that something was asked for that took long. */
  ask(key: string): void {
    this.asked.set(key, true);
  }

  wasAsked(key: string): boolean {
    return this.asked.has(key);
  }

  keep<T>(key: string, items: readonly Stored[], values: readonly T[]): void {
    this.lists.set(key, { items, values });
  }

  /** The values of all items, which are by namespace and name. */
  async all<T>(
    key: string,
    items: readonly Stored[],
    valueOf: (stored: Stored) => T,
    budget: Budget,
  ): Promise<readonly T[]> {
    const before = this.lists.get(key) as Derived<T> | undefined;
    if (before?.items === items) return before.values;
    const { items: old, values: oldValues } = before ?? { items: [], values: [] };
    const values: T[] = [];
    let looked = 0;
    let j = 0;
    for (const [i, stored] of items.entries()) {
      for (let other = old[j]; other && other !== stored && byPlace(other, stored) < 0; other = old[++j]);
      if (old[j] === stored) values.push(oldValues[j++] as T);
      else {
        values.push(valueOf(stored));
        if (++looked % LOOK_EVERY === 0 && budget.due) await budget.turn();
      }
      if (i % PASS_EVERY === PASS_EVERY - 1 && budget.due) await budget.turn();
    }
    budget.look(looked);
    this.keep(key, items, values);
    return values;
  }
}

/** Lists of different namespaces are kept side by side. */
export const scopeOf = (items: readonly Stored[]): string =>
  `${items[0]?.namespace ?? ''} ${items.at(-1)?.namespace ?? ''}`;
