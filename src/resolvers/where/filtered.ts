import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { valueAt, type Demand } from './demand.ts';
import { DerivedValues, MIN_OBJECTS, scopeOf } from './derived.ts';
import type { Filter } from './filter.ts';
import { objectFor } from './object-for.ts';

/** Objects between two looks at the clock; each may have to be parsed. */
const LOOK_EVERY = 16;

/** From an index (inclusive) towards another (exclusive), backwards where that is the smaller one, until so many are found. */
export interface Range {
  from?: number;
  to?: number;
  limit?: number;
}

/**
 * Those of a list that a filter takes. Others have their turn meanwhile. A filter that had to look at many objects is
 * answered by what it found when it is asked for again, and another one by the value of a field that was asked for before.
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
  if (looked >= MIN_OBJECTS) remember(kind, items, filter, looked === items.length ? found : undefined);
  return found;
}

type Taker = (stored: Stored, index: number) => boolean;

const keyOf = (items: readonly Stored[], filter: Filter): string => `where ${scopeOf(items)} ${filter.key}`;
const columnOf = (items: readonly Stored[], { path }: Demand): string =>
  `field ${scopeOf(items)} ${JSON.stringify(path)}`;

/** The quickest way to tell. */
async function takerOf(kind: Kind, items: readonly Stored[], filter: Filter, budget: Budget): Promise<Taker> {
  const matches = (stored: Stored): boolean => filter.matches(objectFor(kind, stored));
  if (items.length >= MIN_OBJECTS && filter.key !== undefined) {
    const derived = DerivedValues.of(kind);
    const key = keyOf(items, filter);
    if (derived.has(key)) {
      const taken = await derived.all(key, items, matches, budget);
      return (_, index) => taken[index] === true;
    }
    for (const demand of filter.demands) {
      const column = columnOf(items, demand);
      if (!derived.has(column) && !derived.wasAsked(column)) continue;
      const values = await derived.all(column, items, (stored) => valueOf(kind, stored, demand), budget);
      return (stored, index) => {
        const value = values[index];
        return (value === LARGE || demand.test(value)) && ((filter.simple && value !== LARGE) || matches(stored));
      };
    }
  }
  const texts = kind.convert ? undefined : filter.demands.find((demand) => demand.texts)?.texts;
  // what has not the text need not be parsed
  return texts ? (stored) => texts.some((text) => stored.bytes.includes(text)) && matches(stored) : matches;
}

/** Values that are not kept: longer texts, and what is no scalar. */
const LARGE = Symbol('large');
const MAX_LENGTH = 128;

function valueOf(kind: Kind, stored: Stored, { path }: Demand): unknown {
  const value = valueAt(objectFor(kind, stored), path);
  return (typeof value === 'string' && value.length > MAX_LENGTH) || (typeof value === 'object' && value !== null)
    ? LARGE
    : value;
}

/** @param found all that the filter takes, where all were looked at */
function remember(kind: Kind, items: readonly Stored[], filter: Filter, found: readonly Stored[] | undefined): void {
  if (filter.key === undefined) return;
  const derived = DerivedValues.of(kind);
  for (const demand of filter.demands) derived.ask(columnOf(items, demand));
  const key = keyOf(items, filter);
  if (!found || derived.has(key)) return;
  const taken = new Set(found);
  derived.keep(
    key,
    items,
    items.map((stored) => taken.has(stored)),
  );
}
