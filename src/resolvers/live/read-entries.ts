import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import { Budget, DEFAULT_BUDGET } from '../budget.ts';
import type { Filter, Order } from '../where/filter.ts';
import { PartReader } from '../where/parts.ts';
import type { Entry } from './live-selection.ts';

export const NO_KEY: readonly unknown[] = [];

/** Objects between two looks at the clock. */
const LOOK_EVERY = 16;

/**
 * Those of a list that a filter takes, each with what it is ordered by; others have their turn meanwhile. As a list does,
 * it reads of each object what filter and order look at: a view of ten thousand parses none of them. Throws 400 where an
 * expression takes too long on a text, 504 where all of it does.
 */
export async function readEntries(
  kind: Kind,
  items: readonly Stored[],
  filter: Filter | undefined,
  order: Order | undefined,
): Promise<Entry[]> {
  if (!filter && !order) return items.map((stored) => ({ stored, key: NO_KEY, run: undefined }));
  const budget = new Budget(DEFAULT_BUDGET);
  const reader = await PartReader.of(kind, items, budget);
  const every = filter?.heavy ? 1 : LOOK_EVERY;
  const entries: Entry[] = [];
  for (const [i, stored] of items.entries()) {
    if (!filter || filter.matches(reader.object(stored, i, filter.parts)))
      entries.push({
        stored,
        key: order ? order.keyOf(reader.object(stored, i, order.parts)) : NO_KEY,
        run: undefined,
      });
    if (i % every === every - 1 && budget.due) await budget.turn();
  }
  return entries;
}
