import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { valueAt } from './demand.ts';
import { DerivedValues, MIN_OBJECTS, scopeOf, UNKNOWN } from './derived.ts';
import type { Filter } from './filter.ts';
import { partOf, PartReader } from './parts.ts';

/** Objects between two looks at the clock; each may have to be parsed. */
const LOOK_EVERY = 16;

/** From an index (inclusive) towards another (exclusive), backwards where that is the smaller one, until so many are found. */
export interface Range {
  from?: number;
  to?: number;
  limit?: number;
}

/**
 * Those of a list that a filter takes. Others have their turn meanwhile. Of a long list the values of a field that the
 * filter demands are kept for the next time; where it says more than that, what it took.
 */
export async function filtered(
  kind: Kind,
  items: readonly Stored[],
  filter: Filter,
  budget: Budget,
  { from = 0, to = items.length, limit = Infinity }: Range = {},
): Promise<Stored[]> {
  const takes = await takerOf(kind, items, filter, budget);
  const step = to < from ? -1 : 1;
  const every = filter.heavy ? 1 : LOOK_EVERY;
  const found: Stored[] = [];
  let looked = 0;
  for (let i = from; i !== to && found.length < limit; i += step) {
    const stored = items[i]!;
    if (takes(stored, i)) found.push(stored);
    if (++looked % every === 0 && budget.due) await budget.turn();
  }
  budget.look(looked);
  if (looked === items.length && looked >= MIN_OBJECTS) remember(kind, items, filter, found);
  return found;
}

type Taker = (stored: Stored, index: number) => boolean;

const keyOf = (items: readonly Stored[], filter: Filter): string => `where ${scopeOf(items)} ${filter.key}`;

/** The quickest way to tell. */
async function takerOf(kind: Kind, items: readonly Stored[], filter: Filter, budget: Budget): Promise<Taker> {
  const derived = DerivedValues.of(kind);
  const reader = await PartReader.of(kind, items, budget);
  const matches: Taker = (stored, index) => filter.matches(reader.object(stored, index, filter.parts));
  if (items.length < MIN_OBJECTS) return matches;
  if (filter.key !== undefined && derived.has(keyOf(items, filter))) {
    const taken = await derived.all(keyOf(items, filter), items, matches, budget);
    return (_, index) => taken[index] === true;
  }
  const [demand] = filter.demands;
  if (!demand) return matches;
  const { path, part, test } = demand;
  const read = partOf(part);
  const steps = path.slice(part.length);
  const values = await derived.column(`field ${scopeOf(items)} ${JSON.stringify(path)}`, items, budget);
  return (stored, index) => {
    let value = values[index];
    if (value === UNKNOWN) value = values[index] = kept(valueAt(reader.value(stored, index, read), steps));
    return (value === LARGE || test(value)) && ((filter.simple && value !== LARGE) || matches(stored, index));
  };
}

/** Values that are not kept: longer texts, and what is no scalar. */
const LARGE = Symbol('large');
const MAX_LENGTH = 128;

const kept = (value: unknown): unknown =>
  (typeof value === 'string' && value.length > MAX_LENGTH) || (typeof value === 'object' && value !== null)
    ? LARGE
    : value;

/** @param found all that the filter takes */
function remember(kind: Kind, items: readonly Stored[], filter: Filter, found: readonly Stored[]): void {
  if (filter.key === undefined || filter.simple) return;
  const derived = DerivedValues.of(kind);
  const key = keyOf(items, filter);
  if (derived.has(key)) return;
  const taken = new Set(found);
  derived.keep(
    key,
    items,
    items.map((stored) => taken.has(stored)),
  );
}
