import type { Kind } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import type { Having, Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import { targetOf, type SelectArguments } from '../targets.ts';

/** What of a source is wanted. */
export interface Wanted {
  labelSelector?: string;
  fieldSelector?: string;
  /** a hint: all that are wanted have it */
  having?: Having;
  /** the state to read; undefined: the newest, or the one that is pinned */
  revision?: string;
}

/** Where a list comes from: authorised, all that the selectors match, by namespace and name. */
export type ListSource = (wanted: Wanted) => Promise<{ items: readonly Stored[]; revision: number }>;

export interface NamespaceArguments extends SelectArguments {
  namespaces?: readonly string[] | null | undefined;
}

/** Namespaces of one list: each is authorised and read by itself. */
const MAX_NAMESPACES = 100;

/** The objects of a kind in one namespace, in several, or in all. Of several all are read at one revision. */
export function collection(
  { api, request }: Pick<OperationContext, 'api' | 'request'>,
  kind: Kind,
  args: Pick<NamespaceArguments, 'namespace' | 'namespaces'>,
): ListSource {
  const namespaces = namespacesOf(args);
  return async ({ revision, ...wanted }) => {
    const list = (namespace: string, at: string | undefined) =>
      api.list(request, targetOf(kind, { namespace }), {
        ...wanted,
        ...(at !== undefined && { asOf: Number(at) }),
      });
    const [first, ...others] = namespaces;
    if (first === undefined) return { items: [], revision: Number(revision ?? (await api.store.fresh())) };
    const answer = await list(first, revision);
    if (!others.length) return answer;
    const lists = [answer.items];
    for (const namespace of others) lists.push((await list(namespace, String(answer.revision))).items);
    return { items: lists.flat(), revision: answer.revision };
  };
}

/** The namespaces of a list's arguments: '' is all of them. Throws 400. */
export function namespacesOf({
  namespace,
  namespaces,
}: Pick<NamespaceArguments, 'namespace' | 'namespaces'>): readonly string[] {
  if (!namespaces) return [namespace ?? ''];
  if (namespace) throw badRequest('namespace and namespaces: only one of them can be given');
  if (namespaces.length > MAX_NAMESPACES) throw badRequest(`namespaces: more than ${MAX_NAMESPACES}`);
  if (namespaces.includes('')) throw badRequest('namespaces: a name is empty');
  return [...new Set(namespaces)].sort();
}
