import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import type { Filter } from './filter.ts';
import { objectFor } from './object-for.ts';

/** Objects between two looks at the clock; each may have to be parsed. */
const LOOK_EVERY = 16;

/**
 * Those of a list that a filter takes, at most `limit`, from `from` (inclusive) on towards `to` (exclusive), backwards
 * where that is before it. Others have their turn meanwhile.
 */
export async function filtered(
  kind: Kind,
  items: readonly Stored[],
  filter: Filter | undefined,
  budget: Budget,
  { from = 0, to = items.length, limit = Infinity }: { from?: number; to?: number; limit?: number } = {},
): Promise<Stored[]> {
  const step = to < from ? -1 : 1;
  const found: Stored[] = [];
  const every = filter?.heavy ? 1 : LOOK_EVERY;
  let looked = 0;
  for (let i = from; i !== to && found.length < limit; i += step) {
    const stored = items[i]!;
    if (!filter || filter.matches(objectFor(kind, stored))) found.push(stored);
    if (++looked % every === 0 && budget.due) await budget.turn();
  }
  budget.look(looked);
  return found;
}
