import { requireAttributes } from '../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../api/contract.ts';
import { parseGroupResource } from '../meta/gvk.ts';

interface ReadArguments {
  /** `pods.metrics.k8s.io` */
  resource: string;
  version?: string | null | undefined;
  namespace?: string | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
  labelSelector?: string | null | undefined;
  fieldSelector?: string | null | undefined;
  limit?: number | null | undefined;
  continue?: string | null | undefined;
}

/**
 * The answer of the API server beside this one that has the resource; undefined where this one has it, or nobody.
 * Authorised here, and told to the other server as the caller's. Throws 403, and what the other server throws.
 */
export async function readRemotely(
  { api, request }: { api: Api; request: RequestContext },
  verb: 'get' | 'list',
  args: ReadArguments,
): Promise<Record<string, unknown> | undefined> {
  const { remote, registry } = api;
  const { group, resource } = parseGroupResource(args.resource);
  const version = args.version ?? '';
  if (!remote || !group || args.subresource) return undefined;
  if (version ? registry.byResource(group, version, resource) : registry.preferred(args.resource)) return undefined;
  const [namespace, name] = [args.namespace ?? '', args.name ?? ''];
  requireAttributes(api, request, { verb, group, version, resource, subresource: '', namespace, name });
  const { labelSelector, fieldSelector, limit, continue: after } = args;
  const query = Object.entries({ labelSelector, fieldSelector, limit: limit && String(limit), continue: after });
  const given = query.flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  const place = { group, version, resource, namespace, name, query: Object.fromEntries(given) };
  return (await remote.read(request.user, place)) as Record<string, unknown> | undefined;
}
