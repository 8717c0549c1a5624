import type { Kind } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { selectOptions, targetOf } from '../targets.ts';
import { compileOrder } from '../where/compile-order.ts';
import { compileWhere } from '../where/compile-where.ts';
import { queryDigest } from '../where/cursor.ts';
import type { ListArguments } from '../where/list-arguments.ts';
import { collection, namespacesOf } from '../where/list-source.ts';
import { objectFor } from '../where/object-for.ts';
import { DEFAULT_FIRST } from '../where/paging.ts';
import type { LiveSelection } from './live-selection.ts';
import { NO_KEY, readEntries } from './read-entries.ts';

export type LiveArguments = Omit<ListArguments, 'after' | 'last' | 'before' | 'asOf'> & {
  resume?: string | null | undefined;
};

/** Items that are looked at, at most: there are no pages of what changes, so that these are more than those of a page. */
const MAX_LIVE = 10_000;

/** How many items are looked at. Throws 400. */
export function firstOf({ first }: Pick<LiveArguments, 'first'>): number {
  const count = first ?? DEFAULT_FIRST;
  if (count < 1 || count > MAX_LIVE) throw badRequest(`first must be between 1 and ${MAX_LIVE}`);
  return count;
}

/** Throws 400. */
export function liveSelection(
  context: Pick<OperationContext, 'api' | 'request'>,
  kind: Kind,
  args: LiveArguments,
): LiveSelection {
  const where = args.where ?? undefined;
  const orderBy = args.orderBy ?? [];
  const options = selectOptions(args);
  const filter = where === undefined ? undefined : compileWhere(kind, where);
  const order = Array.isArray(orderBy) && orderBy.length === 0 ? undefined : compileOrder(kind, orderBy);
  const namespaces = namespacesOf(args);
  const source = collection(context, kind, args);
  return {
    kind,
    targets: namespaces.map((namespace) => targetOf(kind, { namespace })),
    options,
    async read(at) {
      const { items, revision } = await source({
        ...options,
        ...(filter?.having && { having: filter.having }),
        ...(at !== undefined && { revision: String(at) }),
      });
      return { revision, entries: await readEntries(kind, items, filter, order) };
    },
    matches: filter && ((stored) => filter.matches(objectFor(kind, stored))),
    keyOf: order ? (stored) => order.keyOf(objectFor(kind, stored)) : () => NO_KEY,
    compare: order ? (a, b) => order.compare(a, b) : () => 0,
    id: queryDigest([kind.storage.key, kind.version, namespaces, options, where ?? null, orderBy]),
  };
}
