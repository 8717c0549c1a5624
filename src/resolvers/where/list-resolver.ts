import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import type { FieldPlace } from '../relations/snapshots.ts';
import { selectOptions, targetOf, type SelectArguments } from '../targets.ts';
import { sorted } from './sorting.ts';
import { wholeObject } from '../whole.ts';
import { compileOrder, compileWhere, type OrderBy, type Where } from './where.ts';

/** Items of a page when `first` is not given, and the most that it may ask for. */
export const DEFAULT_FIRST = 500;
const MAX_FIRST = 5000;

export interface ListArguments extends SelectArguments {
  where?: Where | null | undefined;
  orderBy?: OrderBy[] | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  asOf?: string | null | undefined;
}
export interface ObjectConnection {
  items: KubeObject[];
  resourceVersion: string;
  continue: string | null;
  remainingItemCount: number | null;
}

/**
 * One page of a kind. Without `orderBy` it is a chunk of the API's own list, with its continue token. With it all that
 * match are read and ordered, and the cursor names the revision, so that later pages are of the same state.
 */
export async function listObjects(
  context: OperationContext,
  kind: Kind,
  args: ListArguments,
  info: FieldPlace,
): Promise<ObjectConnection> {
  const first = args.first ?? DEFAULT_FIRST;
  if (first < 1 || first > MAX_FIRST) throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const options = { ...selectOptions(args), ...(args.where && { filter: compileWhere(args.where) }) };
  const exact = args.asOf && { resourceVersion: args.asOf, resourceVersionMatch: 'Exact' };
  const { api, request, budget } = context;
  const snapshot = context.snapshotOf(info);
  const target = targetOf(kind, { namespace: args.namespace });
  const parsed = async (items: readonly Stored[]): Promise<KubeObject[]> => {
    const objects: KubeObject[] = [];
    for (const stored of items) {
      objects.push(wholeObject(kind, stored));
      if (budget.due) await budget.turn();
    }
    return objects;
  };
  if (!args.orderBy?.length) {
    // A continue token has its own revision.
    const paged = args.after ? { ...options, continue: args.after } : { ...options, ...exact };
    const answer = await api.list(request, target, { ...paged, limit: first });
    snapshot.pin(answer.revision);
    return {
      items: await parsed(answer.items),
      resourceVersion: String(answer.revision),
      continue: answer.continue || null,
      remainingItemCount: answer.remainingItemCount ?? null,
    };
  }
  const cursor = args.after ? parseCursor(args.after) : undefined;
  const answer = await api.list(request, target, {
    ...options,
    ...exact,
    ...(cursor && { resourceVersion: cursor.revision, resourceVersionMatch: 'Exact' }),
  });
  snapshot.pin(answer.revision);
  const order = compileOrder(args.orderBy);
  const keyed: { stored: Stored; key: readonly unknown[] }[] = [];
  for (const stored of answer.items) {
    keyed.push({ stored, key: order.keyOf(wholeObject(kind, stored)) });
    if (budget.due) await budget.turn();
  }
  const all = await sorted(keyed, (a, b) => order.compare(a.key, b.key));
  const offset = cursor?.offset ?? 0;
  const remaining = Math.max(0, all.length - offset - first);
  const revision = cursor?.revision ?? String(answer.revision);
  return {
    items: await parsed(all.slice(offset, offset + first).map(({ stored }) => stored)),
    resourceVersion: String(answer.revision),
    continue: remaining ? makeCursor(revision, offset + first) : null,
    remainingItemCount: remaining || null,
  };
}

const makeCursor = (revision: string, offset: number): string =>
  Buffer.from(`${revision}:${offset}`).toString('base64url');

function parseCursor(cursor: string): { revision: string; offset: number } {
  const match = /^(\d+):(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match) throw badRequest('after: not a cursor of this query');
  return { revision: match[1]!, offset: Number(match[2]) };
}
