import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { wholeObject } from '../whole.ts';
import { compileOrder } from './compile-order.ts';
import { compileWhere } from './compile-where.ts';
import { ObjectConnection } from './connection.ts';
import { decodeCursor, encodeCursor, queryDigest } from './cursor.ts';
import { filtered } from './filtered.ts';
import type { Filter, Order } from './filter.ts';
import type { ListArguments } from './list-arguments.ts';
import type { ListSource } from './list-source.ts';
import { outcomeOf } from './outcome.ts';
import { pageInKeyOrder, pageInOrder, type PageAsk } from './page.ts';
import { DEFAULT_FIRST, MAX_FIRST } from './paging.ts';
import { selectOptions } from '../targets.ts';

/** Objects between two looks at the clock; each may have to be parsed. */
const LOOK_EVERY = 16;

/**
 * Answers the arguments of a list (list-arguments.ts) from a source: a collection, or what a relation leads to. A cursor
 * goes on at the revision that its page was of, whatever `revision` is. Throws what the source throws, before anything
 * that is wrong with the arguments; then 400 and 410.
 */
export async function selectObjects(
  { budget }: Pick<OperationContext, 'budget'>,
  kind: Kind,
  args: ListArguments,
  source: ListSource,
  revision?: string,
): Promise<ObjectConnection> {
  let digest: string | undefined;
  const digestOfQuery = (): string => (digest ??= digestOf(kind, args));
  const asked = outcomeOf(() => ({ ...compiled(kind, args), ask: askOf(args, digestOfQuery) }));
  const ahead = 'value' in asked ? asked.value : undefined;
  const cursor = ahead?.ask.after ?? ahead?.ask.before;
  const exactly = cursor ? String(cursor.revision) : revision;
  const { items, revision: at } = await source({
    ...selectOptions(args),
    ...(ahead?.filter?.having && { having: ahead.filter.having }),
    ...(exactly !== undefined && { revision: exactly }),
  });
  if ('error' in asked) throw asked.error;
  const { filter, order, ask } = asked.value;
  const page = order
    ? await pageInOrder(kind, filter ? await filtered(kind, items, filter, budget) : items, order, ask, budget, !filter)
    : await pageInKeyOrder(kind, items, filter, ask, budget);
  const objects: KubeObject[] = [];
  for (const stored of page.stored) {
    objects.push(wholeObject(kind, stored));
    if (objects.length % LOOK_EVERY === 0 && budget.due) await budget.turn();
  }
  return new ObjectConnection({
    ...page,
    revision: at,
    items: objects,
    cursorOf: ({ namespace, name }) => encodeCursor({ revision: at, namespace, name }, digestOfQuery()),
    count: () =>
      page.matched ?? (filter ? filtered(kind, items, filter, budget).then(({ length }) => length) : items.length),
  });
}

const given = (value: unknown): boolean => value !== null && value !== undefined;

/** By the value of the argument: a relation of a thousand objects has it from one variable. */
const filters = new WeakMap<object, { kind: Kind; filter: Filter }>();

function filterOf(kind: Kind, where: unknown): Filter {
  if (typeof where !== 'object' || where === null) return compileWhere(kind, where);
  const known = filters.get(where);
  if (known?.kind === kind) return known.filter;
  const filter = compileWhere(kind, where);
  filters.set(where, { kind, filter });
  return filter;
}

function compiled(kind: Kind, { where, orderBy }: ListArguments): { filter?: Filter; order?: Order } {
  return {
    ...(given(where) && { filter: filterOf(kind, where) }),
    ...(given(orderBy) && !(Array.isArray(orderBy) && orderBy.length === 0) && { order: compileOrder(kind, orderBy) }),
  };
}

function askOf({ first, last, after, before }: ListArguments, digest: () => string): PageAsk {
  if (given(first) && given(last)) throw badRequest('first and last: only one of them can be given');
  const backwards = given(last);
  const count = (backwards ? last : first) ?? DEFAULT_FIRST;
  if (count < 1 || count > MAX_FIRST)
    throw badRequest(`${backwards ? 'last' : 'first'} must be between 1 and ${MAX_FIRST}`);
  const ask = {
    count,
    backwards,
    after: after ? decodeCursor(after, digest(), 'after') : undefined,
    before: before ? decodeCursor(before, digest(), 'before') : undefined,
  };
  if (ask.after && ask.before && ask.after.revision !== ask.before.revision)
    throw badRequest('after and before: cursors of two states');
  return ask;
}

/** What an answer's cursors are bound to. */
function digestOf({ storage, version }: Kind, args: ListArguments): string {
  const { namespace, namespaces, labelSelector, fieldSelector, where, orderBy } = args;
  const options = selectOptions({ labelSelector, fieldSelector });
  return queryDigest([
    storage.key,
    version,
    namespace ?? '',
    namespaces ?? null,
    options,
    where ?? null,
    orderBy ?? null,
  ]);
}
