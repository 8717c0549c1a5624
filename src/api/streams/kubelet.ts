import { internalError, notFound, StatusError } from '../../meta/status.ts';
import type { Pod } from '../../../schema/types.ts';
import type { Connection } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { targetUrl } from './target-url.ts';

const KUBELET_PORT = 10250;
/** Nodes of this runtime have made-up addresses; the kubelets of many answer at one that is real, each to its name. */
const SIMULATED = 'simulated://';
const ADDRESSES = ['InternalIP', 'ExternalIP', 'Hostname'];
const ADDRESSES_OF_SIMULATED = ['InternalDNS'];

export interface Kubelet {
  /** as the node has said it: an address, or a name */
  host: string;
  port: number;
  /** the name to ask for, where the address is not the node's alone */
  name?: string;
}

/** Where a node's agent listens. Throws 404 without the node, 500 while it has not said its address. */
export function kubeletOf(core: Core, node: string): Kubelet {
  const stored = core.store.get({ resource: 'nodes', namespace: '', name: node });
  if (!stored) throw notFound({ group: '', resource: 'nodes' }, node);
  const { addresses = [], daemonEndpoints, nodeInfo } = objectAs('nodes', stored).status ?? {};
  const isSimulated = nodeInfo?.containerRuntimeVersion.startsWith(SIMULATED) ?? false;
  const host = (isSimulated ? ADDRESSES_OF_SIMULATED : ADDRESSES)
    .map((type) => addresses.find((a) => a.type === type)?.address)
    .find(Boolean);
  if (!host)
    throw internalError(
      `no preferred addresses found; known addresses: [${addresses.map((a) => a.address).join(' ')}]`,
    );
  const port = daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
  return { host, port, ...(isSimulated && { name: node }) };
}

/**
 * A connection to the kubelet of a node. What a node says of its address is only its word: it proves by its certificate
 * that it is the node, wherever it is, but it must not name the API itself or what only this machine's network has.
 * @param path with the leading slash @param search with the `?`, or empty
 */
export async function kubeletConnection(core: Core, node: string, path: string, search: string): Promise<Connection> {
  const { host, port, name = host } = kubeletOf(core, node);
  const address = await core.destinations.locate(host, port, 'kubelet');
  return { url: targetUrl({ secure: true, host: name, port, path, search }), address, secure: true, kubelet: node };
}

/** 400 for a pod that no node has been found for yet. */
export class NoHost extends StatusError {
  constructor(pod: Pod) {
    super({ message: `pod ${pod.metadata.name} does not have a host assigned`, reason: 'BadRequest', code: 400 });
  }
}

/** The node of a pod. Throws NoHost before it has one. */
export function nodeOf(pod: Pod): string {
  const node = pod.spec?.nodeName;
  if (!node) throw new NoHost(pod);
  return node;
}
