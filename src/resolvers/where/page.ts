import type { Kind } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import type { Key, Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { byPlace } from '../../store/by-place.ts';
import type { Cursor } from './cursor.ts';
import { filtered } from './filtered.ts';
import { DerivedValues, MIN_OBJECTS, scopeOf } from './derived.ts';
import type { Filter, Order } from './filter.ts';
import { PartReader } from './parts.ts';
import { firstSorted } from './sorting.ts';

/** How a page is asked for. */
export interface PageAsk {
  count: number;
  /** whether the last ones are wanted */
  backwards: boolean;
  after: Cursor | undefined;
  before: Cursor | undefined;
}

export interface Page {
  stored: readonly Stored[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** that follow the page, where that is known without looking */
  remaining: number | undefined;
  /** all that match, where they have been looked at */
  matched: number | undefined;
}

type Place = Pick<Key, 'namespace' | 'name'>;

/** A page by namespace and name, which is the order of the items: only what the page needs is looked at. */
export async function pageInKeyOrder(
  kind: Kind,
  items: readonly Stored[],
  filter: Filter | undefined,
  ask: PageAsk,
  budget: Budget,
): Promise<Page> {
  const { count, backwards, after, before } = ask;
  const start = after ? indexOf(items, after, 1) : 0;
  const end = Math.max(start, before ? indexOf(items, before, 0) : items.length);
  const range = backwards ? { from: end - 1, to: start - 1 } : { from: start, to: end };
  const found = filter
    ? await filtered(kind, items, filter, budget, { ...range, limit: count + 1 })
    : backwards
      ? items.slice(Math.max(start, end - count - 1), end).reverse()
      : items.slice(start, Math.min(end, start + count + 1));
  const remaining = filter ? undefined : items.length - Math.min(end, start + count);
  // all of them have been looked at
  const isAll = start === 0 && end === items.length && found.length <= count;
  return {
    ...cut(found, ask),
    remaining: backwards ? undefined : remaining,
    matched: isAll ? found.length : filter ? undefined : items.length,
  };
}

interface Keyed extends Place {
  stored: Stored;
  key: readonly unknown[];
}

/** Longest text that is kept for the next time. */
const MAX_LENGTH = 128;

/** What each item is ordered by, kept for the next list in that order; undefined where it is too long for that. */
async function keysOf(
  kind: Kind,
  items: readonly Stored[],
  order: Order,
  reader: PartReader,
  budget: Budget,
): Promise<readonly (readonly unknown[] | undefined)[]> {
  if (items.length < MIN_OBJECTS) return [];
  const name = `order ${scopeOf(items)} ${order.key}`;
  return DerivedValues.of(kind).all(
    name,
    items,
    (stored, index) => {
      const key = order.keyOf(reader.object(stored, index, order.parts));
      return key.some((value) => typeof value === 'string' && value.length > MAX_LENGTH) ? undefined : key;
    },
    budget,
  );
}

/**
 * A page in another order, of all that match; of those only so many are sorted as the page needs.
 * @param whole nothing was filtered out
 */
export async function pageInOrder(
  kind: Kind,
  matched: readonly Stored[],
  order: Order,
  ask: PageAsk,
  budget: Budget,
  whole: boolean,
): Promise<Page> {
  const { count, backwards } = ask;
  const reader = await PartReader.of(kind, whole ? matched : [], budget);
  const keys = whole ? await keysOf(kind, matched, order, reader, budget) : [];
  const keyOf = (stored: Stored, index: number): Keyed => {
    const { namespace, name } = stored;
    return { namespace, name, stored, key: keys[index] ?? order.keyOf(reader.object(stored, index, order.parts)) };
  };
  const compare = (a: Keyed, b: Keyed): number => order.compare(a.key, b.key) || byPlace(a, b);
  const [after, before] = [ask.after, ask.before].map((cursor) => cursor && keyOf(...itemAt(matched, cursor)));
  const candidates: Keyed[] = [];
  for (const [i, stored] of matched.entries()) {
    const keyed = keyOf(stored, i);
    if ((!after || compare(keyed, after) > 0) && (!before || compare(keyed, before) < 0)) candidates.push(keyed);
    if (i % 16 === 15 && budget.due) await budget.turn();
  }
  const found = await firstSorted(candidates, count + 1, backwards ? (a, b) => compare(b, a) : compare);
  return {
    ...cut(
      found.map(({ stored }) => stored),
      ask,
    ),
    remaining: backwards ? undefined : Math.max(0, candidates.length - count),
    matched: matched.length,
  };
}

/** The page of what was found for it, with one more if there is one; from its far end where it was asked for backwards. */
function cut(
  found: readonly Stored[],
  { count, backwards, after, before }: PageAsk,
): Pick<Page, 'stored' | 'hasNextPage' | 'hasPreviousPage'> {
  const more = found.length > count;
  const stored = found.slice(0, count);
  return backwards
    ? { stored: stored.reverse(), hasNextPage: before !== undefined, hasPreviousPage: more || after !== undefined }
    : { stored, hasNextPage: more || before !== undefined, hasPreviousPage: after !== undefined };
}

/** Where a place is among items, or would be; `behind` 1: the index after it. */
function indexOf(items: readonly Stored[], place: Place, behind: 0 | 1): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byPlace(items[middle]!, place) < behind) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A cursor is that of an item of its query's answer, which has not changed since. Throws 400. */
function itemAt(items: readonly Stored[], cursor: Cursor): [Stored, index: number] {
  const index = indexOf(items, cursor, 0);
  const item = items[index];
  if (!item || byPlace(item, cursor) !== 0) throw badRequest('not a cursor of this query');
  return [item, index];
}
