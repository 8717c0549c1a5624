import { LRUCache } from 'lru-cache';
import type { Slice } from '../../api/fairness/turns.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { byPlace } from '../../store/by-place.ts';

/** What was found out about each object of a list. */
interface Derived {
  items: readonly Stored[];
  /** by the index of the item */
  values: unknown[];
  /** what each takes, in values */
  weight: number;
}

/** What has not been found out yet. */
export const UNKNOWN = Symbol('unknown');
export type Column<T> = (T | typeof UNKNOWN)[];

/** Of one kind: lists of values, all values together, and ms that one stays that nobody asks for. */
const MAX_LISTS = 16;
export const MAX_VALUES = 1_000_000;
const UNUSED_MS = 60_000;
/** Below this a look at each object costs less. */
export const MIN_OBJECTS = 1024;
/** Objects between two looks at the clock: such that are looked at, and such that are only passed. */
const LOOK_EVERY = 16;
const PASS_EVERY = 1024;

const known = new WeakMap<Kind, DerivedValues>();

/**
 * What filters and orders have found out about the objects of a kind, kept for the next time: only objects that have
 * been written since are looked at again, as a stored object never changes. Writes cost nothing; nothing is kept that is
 * not asked for.
 */
export class DerivedValues {
  private readonly lists = new LRUCache<string, Derived>({
    max: MAX_LISTS,
    maxSize: MAX_VALUES,
    sizeCalculation: ({ items, weight }) => items.length * weight + 1,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    ttlAutopurge: true,
  });

  /** columns that are being made, for all who ask meanwhile */
  private readonly making = new Map<string, { items: readonly Stored[]; column: Promise<Column<unknown>> }>();

  static of(kind: Kind): DerivedValues {
    let values = known.get(kind);
    if (!values) known.set(kind, (values = new DerivedValues()));
    return values;
  }

  has(key: string): boolean {
    return this.lists.has(key);
  }

  keep(key: string, items: readonly Stored[], values: unknown[], weight = 1): void {
    this.lists.set(key, { items, values, weight });
  }

  /** What is known of each item, which are by namespace and name; the rest is the caller's to find out and to put in. */
  async column<T>(key: string, items: readonly Stored[], { slice }: Budget, weight = 1): Promise<Column<T>> {
    const before = this.lists.get(key);
    if (before?.items === items) return before.values as Column<T>;
    // twenty live queries begin in one turn of the loop, and all of the same list
    const begun = this.making.get(key);
    if (begun?.items === items) return begun.column as Promise<Column<T>>;
    const column = carriedOver(before, items, slice);
    this.making.set(key, { items, column });
    try {
      const values = await column;
      this.keep(key, items, values, weight);
      return values as Column<T>;
    } finally {
      if (this.making.get(key)?.column === column) this.making.delete(key);
    }
  }

  /** The values of all items. */
  async all<T>(
    key: string,
    items: readonly Stored[],
    valueOf: (stored: Stored, index: number) => T,
    budget: Budget,
  ): Promise<readonly T[]> {
    const values = await this.column<T>(key, items, budget);
    let looked = 0;
    for (const [i, stored] of items.entries()) {
      if (values[i] !== UNKNOWN) continue;
      values[i] = valueOf(stored, i);
      if (++looked % LOOK_EVERY === 0 && budget.due) await budget.turn();
    }
    budget.look(looked);
    return values as readonly T[];
  }
}

/**
 * What was known of items that have not been written since; of the others nothing. It waits for others' turns only, and not
 * for what its budget may wait for: those who share it must come to its end.
 */
async function carriedOver(
  before: Pick<Derived, 'items' | 'values'> = { items: [], values: [] },
  items: readonly Stored[],
  slice: Slice,
): Promise<Column<unknown>> {
  const { items: old, values: oldValues } = before;
  const values: Column<unknown> = Array.from<unknown>({ length: items.length }).fill(UNKNOWN);
  let j = 0;
  for (const [i, stored] of items.entries()) {
    for (let other = old[j]; other && other !== stored && byPlace(other, stored) < 0; other = old[++j]);
    if (old[j] === stored) values[i] = oldValues[j++];
    if (i % PASS_EVERY === PASS_EVERY - 1 && slice.over) await slice.next();
  }
  return values;
}

/** Lists of different namespaces are kept side by side. */
export const scopeOf = (items: readonly Stored[]): string =>
  `${items[0]?.namespace ?? ''} ${items.at(-1)?.namespace ?? ''}`;
