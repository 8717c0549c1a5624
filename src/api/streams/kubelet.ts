import { badRequest, internalError, notFound } from '../../meta/status.ts';
import type { Pod } from '../../../schema/types.ts';
import type { Connection } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';

/** Where a node's agent listens. Throws 404 without the node, 500 while it has not said its address. */
export function kubeletOf(core: Core, node: string): { host: string; port: number } {
  const stored = core.store.get({ resource: 'nodes', namespace: '', name: node });
  if (!stored) throw notFound({ group: '', resource: 'nodes' }, node);
  const { addresses = [], daemonEndpoints } = objectAs('nodes', stored).status ?? {};
  const address = ['InternalIP', 'ExternalIP', 'Hostname']
    .map((type) => addresses.find((a) => a.type === type)?.address)
    .find(Boolean);
  if (!address)
    throw internalError(
      `no preferred addresses found; known addresses: [${addresses.map((a) => a.address).join(' ')}]`,
    );
  return { host: address, port: daemonEndpoints?.kubeletEndpoint?.Port || 10250 };
}

export const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** @param path with the leading slash, without the query */
export function kubeletConnection(core: Core, node: string, path: string, query: URLSearchParams): Connection {
  const { host, port } = kubeletOf(core, node);
  const url = new URL(`https://${hostOf(host)}:${port}${path}`);
  for (const [key, value] of query) url.searchParams.append(key, value);
  return { url, secure: true, kubelet: node };
}

/** The node of a pod. Throws 400 before it has one. */
export function nodeOf(pod: Pod): string {
  const node = pod.spec?.nodeName;
  if (!node) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return node;
}
