import { requireAttributes } from '../../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';

/** What one may do is told to those who may ask it of REST: `system:basic-user` lets the authenticated. Throws 403. */
export const requireRightToAsk = (api: Pick<Api, 'authorize'>, request: RequestContext): void =>
  requireAttributes(api, request, {
    verb: 'create',
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    subresource: '',
    namespace: '',
    name: '',
  });

/**
 * The verbs of a kind, or of a subresource of it, that the caller has for objects of any name.
 * @param namespace '': in all namespaces
 */
export function rightsTo(
  api: Pick<Api, 'authorize'>,
  { user }: RequestContext,
  kind: Kind,
  namespace: string,
  subresource: string,
): string[] {
  const { group, version, resource } = kind;
  const verbs = subresource ? (kind.subresources.get(subresource)?.verbs ?? []) : kind.verbs;
  const place = { group, version, resource, subresource, namespace: kind.namespaced ? namespace : '', name: '' };
  return verbs.filter((verb) => api.authorize(user, { verb, ...place }).allowed);
}
