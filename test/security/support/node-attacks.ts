import { CREATE, DELETE, GET, LIST, PATCH } from '../../../src/client/documents.ts';
import { parseGroupResource } from '../../../src/meta/gvk.ts';
import type { Cluster } from '../../e2e/support/cluster.ts';
import { ask, operate, type Reply, type Result } from './ask.ts';

/** One request that both façades take. */
export interface Try {
  verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  /** `pods`, `leases.coordination.k8s.io` */
  resource: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  fieldSelector?: string;
  /** of a create, or a merge patch */
  object?: object;
}

const METHODS = { get: 'GET', list: 'GET', create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Where REST serves it. */
function pathOf({ verb, resource, namespace, name, subresource, fieldSelector }: Try): string {
  const { group, resource: plural } = parseGroupResource(resource);
  const inUrl = verb === 'create' && !subresource ? [] : [name, subresource];
  const parts = [group ? `/apis/${group}/v1` : '/api/v1', namespace && `namespaces/${namespace}`, plural, ...inUrl];
  const query = fieldSelector ? `?fieldSelector=${encodeURIComponent(fieldSelector)}` : '';
  return `${parts.filter(Boolean).join('/')}${query}`;
}

export const byRest = (cluster: Cluster, token: string, one: Try): Promise<Reply> =>
  ask(cluster, pathOf(one), {
    method: METHODS[one.verb],
    headers: { ...bearer(token), ...(one.verb === 'patch' && { 'content-type': 'application/merge-patch+json' }) },
    ...(one.object && { body: one.object }),
  });

const DOCUMENTS = { get: GET, list: LIST, create: CREATE, patch: PATCH, delete: DELETE };

export function byGraphQL(cluster: Cluster, token: string, one: Try): Promise<Reply & { result: Result }> {
  const { verb, resource, namespace, name, subresource, fieldSelector, object } = one;
  const where = { resource, namespace, name: verb === 'create' && !subresource ? undefined : name, subresource };
  const written = verb === 'create' ? { object } : verb === 'patch' ? { patch: object, type: 'MERGE' } : {};
  return operate(
    cluster,
    { query: DOCUMENTS[verb], variables: { ...where, fieldSelector, ...written } },
    bearer(token),
  );
}
