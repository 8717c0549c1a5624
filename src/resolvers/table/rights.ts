import { requireAttributes } from '../../api/authorization/attributes.ts';
import type { Attributes, RequestContext } from '../../api/contract.ts';
import type { OperationContext } from '../context.ts';
import type { Kind } from '../../kinds/kind.ts';

/** What a decision counts as, in objects that are looked at: it goes through the roles of a user. */
const LOOKS_PER_DECISION = 50;

type Asking = Pick<OperationContext, 'api' | 'request' | 'budget'>;

/** What one may do is told to those who may ask it of REST: `system:basic-user` lets the authenticated. Throws 403. */
export const requireRightToAsk = (api: Asking['api'], request: RequestContext): void =>
  requireAttributes(api, request, {
    verb: 'create',
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    subresource: '',
    namespace: '',
    name: '',
  });

/** Whether the caller may. It is counted: no list says how many are asked for. Throws 413. */
export function isAllowed({ api, request: { user }, budget }: Asking, attributes: Attributes): boolean {
  budget.look(LOOKS_PER_DECISION);
  return api.authorize(user, attributes).allowed;
}

/**
 * The verbs of a kind, or of a subresource of it, that the caller has for objects of any name. Each such answer has its
 * turn, as a document may ask for very many. Throws 403 and 413.
 * @param namespace '': in all namespaces
 */
export async function rightsTo(asking: Asking, kind: Kind, namespace: string, subresource: string): Promise<string[]> {
  await asking.budget.go();
  requireRightToAsk(asking.api, asking.request);
  const { group, version, resource } = kind;
  const verbs = subresource ? (kind.subresources.get(subresource)?.verbs ?? []) : kind.verbs;
  const place = { group, version, resource, subresource, namespace: kind.namespaced ? namespace : '', name: '' };
  return verbs.filter((verb) => isAllowed(asking, { verb, ...place }));
}
