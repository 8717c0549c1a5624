/** A request to the kubelet, taken apart. */
export interface KubeletRequest {
  verb: string;
  namespace: string;
  pod: string;
  container: string;
  query: URLSearchParams;
}

/** `/exec/NAMESPACE/POD[/UID]/CONTAINER?…` and its like; undefined when the path is none of them. */
export function parseKubeletPath(url: string): KubeletRequest | undefined {
  const { pathname, searchParams } = new URL(url, 'http://kubelet');
  const [verb = '', namespace = '', pod = '', ...rest] = pathname.split('/').slice(1).map(decodeURIComponent);
  if (!namespace || !pod) return undefined;
  const container = rest.at(-1) ?? '';
  return { verb, namespace, pod, container, query: searchParams };
}

/** Boolean parameters by any of their names: the kubelet's own (`input`, `output`, `error`) and the API's. */
export const flag = (query: URLSearchParams, ...names: string[]): boolean =>
  names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));
