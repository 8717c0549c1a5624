import { attributesOf, type ResourceAttributes } from '../../../api/authorization/attributes.ts';
import type { Kind } from '../../../kinds/kind.ts';
import type { Scope } from '../../../store/contract.ts';
import type { OperationContext } from '../../context.ts';
import { namedTarget, targetOf } from '../../targets.ts';

/** Objects of a kind that the caller may list. */
export interface SearchScope {
  kind: Kind;
  scope: Scope;
}

/**
 * What of some kinds and namespaces the caller may list; the rest is left out, so that nothing tells that it is there.
 * @param kinds as `objects` takes resources; none: all. Throws 404 for one that is not served
 */
export async function searchScopes(
  context: OperationContext,
  kinds: readonly string[] | null | undefined,
  namespaces: readonly string[] | null | undefined,
): Promise<SearchScope[]> {
  const { api, request, budget } = context;
  const searched = kinds ? kinds.map((resource) => namedTarget(context, 'list', { resource }).kind) : allKinds(context);
  const scopes: SearchScope[] = [];
  const allows = (attributes: ResourceAttributes): boolean =>
    api.authorize(request.user, attributes).allowed && api.authorizeRead(request, attributes).allowed;
  for (const kind of new Set(searched)) {
    const resource = kind.storage.key;
    if (!kind.storage.persisted || !kind.verbs.includes('list')) continue;
    if (!kind.namespaced && namespaces) continue;
    if (!namespaces && allows(attributesOf('list', targetOf(kind, {})))) {
      scopes.push({ kind, scope: { resource } });
      continue;
    }
    if (!kind.namespaced) continue;
    for (const namespace of namespaces ?? namesOfNamespaces(context)) {
      if (allows(attributesOf('list', targetOf(kind, { namespace }))))
        scopes.push({ kind, scope: { resource, namespace } });
      if (budget.due) await budget.turn();
    }
  }
  return scopes;
}

/** One version of each. */
function allKinds({ api: { registry, store } }: OperationContext): Kind[] {
  const kinds: Kind[] = [];
  for (const resource of store.resources()) {
    const kind = registry.preferred(resource);
    if (kind) kinds.push(kind);
  }
  return kinds;
}

const namesOfNamespaces = ({ api: { store } }: OperationContext): string[] =>
  store.list({ resource: 'namespaces' }).items.map(({ name }) => name);
