/** What a path is about. Names are decoded; `rest` is what follows a proxy subresource, with its slash. */
export interface ResourcePath {
  group: string;
  version: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  rest: string;
  /** the old form `/watch/…` */
  watch: boolean;
  /** more segments than any route has */
  excess: boolean;
}

export type Route =
  | { type: 'resource'; path: ResourcePath }
  /** `/api`, `/apis`, `/apis/GROUP`, `/api/v1`, `/apis/GROUP/VERSION` */
  | { type: 'discovery'; legacy: boolean; group: string; version: string }
  | { type: 'other'; path: string };

/** Subresources of a namespace: everything else after its name is a resource within it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * Reads a path (without query) as Kubernetes' request info does
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). A slash at the end does not matter.
 */
export function routeOf(pathname: string): Route {
  const raw = pathname.split('/');
  raw.shift();
  const slash = raw.length > 1 && raw[raw.length - 1] === '';
  if (slash) raw.pop();
  const root = raw[0];
  if (root !== 'api' && root !== 'apis') return { type: 'other', path: pathname };
  const legacy = root === 'api';
  const first = legacy ? 2 : 3;
  const group = legacy ? '' : decodeSegment(raw[1] ?? '');
  const version = decodeSegment(raw[first - 1] ?? '');
  if (raw.length <= first) return { type: 'discovery', legacy, group, version };
  return { type: 'resource', path: resourcePath(raw, first, group, version, slash) };
}

function resourcePath(
  raw: readonly string[],
  first: number,
  group: string,
  version: string,
  slash: boolean,
): ResourcePath {
  let at = first;
  const watch = raw[at] === 'watch' && raw.length > at + 1;
  if (watch) at++;
  let namespace = '';
  if (
    raw[at] === 'namespaces' &&
    raw.length > at + 2 &&
    !(raw.length === at + 3 && NAMESPACE_SUBRESOURCES.has(raw[at + 2]!))
  ) {
    namespace = decodeSegment(raw[at + 1]!);
    at += 2;
  }
  const [resource = '', name = '', subresource = ''] = raw.slice(at, at + 3).map(decodeSegment);
  const rest = raw.slice(at + 3);
  const proxied = subresource === 'proxy';
  return {
    group,
    version,
    namespace,
    resource,
    name,
    subresource,
    // to who is behind the proxy a slash at the end does matter
    rest: proxied && rest.length ? `/${rest.join('/')}${slash ? '/' : ''}` : '',
    watch,
    excess: !proxied && rest.length > 0,
  };
}
