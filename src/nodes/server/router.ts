import type { Wanted } from '../../control/delegated.ts';
import { parsePort } from '../streams/dial-port.ts';

/** A request to the kubelet, taken apart. */
export interface KubeletRequest {
  verb: string;
  namespace: string;
  pod: string;
  /** of the pod, where the path says it */
  uid: string;
  container: string;
  query: URLSearchParams;
}

/** What each verb has after the pod's name: a container or none; the pod's uid may stand before it. */
const VERBS: Readonly<Record<string, { container: boolean; uid: boolean }>> = {
  containerLogs: { container: true, uid: false },
  exec: { container: true, uid: true },
  attach: { container: true, uid: true },
  portForward: { container: false, uid: true },
};

/** The path of a request without its query. What is no path is '' and leads nowhere. */
export function pathOf(url = ''): string {
  const mark = url.indexOf('?');
  return url.startsWith('/') ? url.slice(0, mark < 0 ? undefined : mark) : '';
}

/** `/exec/NAMESPACE/POD[/UID]/CONTAINER?…` and its like; undefined when the path is none of them. */
export function parseKubeletPath(url = ''): KubeletRequest | undefined {
  const path = pathOf(url);
  const [verb = '', ...encoded] = path.split('/').slice(1);
  const names = encoded.map(decoded);
  const form = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  const most = form ? 2 + Number(form.container) + Number(form.uid) : 0;
  if (!form || names.length > most || names.length < most - Number(form.uid) || names.some((name) => !name))
    return undefined;
  const [namespace = '', pod = '', ...rest] = names as string[];
  const container = form.container ? (rest.pop() ?? '') : '';
  return { verb, namespace, pod, uid: rest[0] ?? '', container, query: new URLSearchParams(url.slice(path.length)) };
}

/** What of a node a path tells: who asks under a token must have a right to that. */
export function ofNode(name: string, path: string): Wanted {
  const isOf = (part: string): boolean => path === `/${part}` || path.startsWith(`/${part}/`);
  const subresource = ['metrics', 'stats'].find(isOf) ?? 'proxy';
  return { resourceAttributes: { verb: 'get', version: 'v1', resource: 'nodes', subresource, name } };
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Boolean parameters by any of their names: the kubelet's own (`input`, `output`, `error`) and the API's. */
export const flag = (query: URLSearchParams, ...names: string[]): boolean =>
  names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));

/** The ports of a port-forward, several by commas. Throws Error with the kubelet's words for one that is none. */
export function portsOf(query: URLSearchParams): number[] {
  const texts = [...query.getAll('port'), ...query.getAll('ports')].flatMap((each) => each.split(','));
  return texts.map((text) => {
    const port = parsePort(text);
    if (port === undefined) throw new Error(`unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}
