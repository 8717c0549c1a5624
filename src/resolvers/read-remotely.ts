import { requireAttributes } from '../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../api/contract.ts';
import { parseGroupResource } from '../meta/gvk.ts';
import { badRequest } from '../meta/status.ts';

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

/** Of a path with its query. */
const MAX_PATH = 8192;
const PATH = /^\/apis\/([^/]+)\/([^/]+)\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/;

/**
 * What another API server answers at a path, for what has no name of its own here: a subresource, or a resource with dots
 * in its name. Authorised as GET of that path is. Null where nobody beside this server serves the group and version.
 * @param path `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE?QUERY`, from NAME on if need be
 */
export async function readAggregated(
  { api, request }: { api: Api; request: RequestContext },
  path: string,
): Promise<unknown> {
  const [pathname = '', text = ''] = path.length > MAX_PATH ? [] : path.split(/\?(.*)/s);
  const parts = PATH.exec(pathname)
    ?.slice(1)
    .map((part: string | undefined) => decoded(part ?? ''));
  const query = new URLSearchParams(text);
  if (!parts || query.has('watch')) throw badRequest('path: must be that of an object or a list of an API group');
  const [group = '', version = '', namespace = '', resource = '', name = '', subresource = ''] = parts;
  const verb = name ? 'get' : 'list';
  requireAttributes(api, request, { verb, group, version, resource, subresource, namespace, name });
  const place = { group, version, resource, namespace, name, subresource, query: Object.fromEntries(query) };
  return (await api.remote?.read(request.user, place)) ?? null;
}

function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (!/^\.{1,2}$|[/\0]/.test(text)) return text;
  } catch {
    // said below
  }
  throw badRequest(`path: invalid part ${JSON.stringify(part)}`);
}
