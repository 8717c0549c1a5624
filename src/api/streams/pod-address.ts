import type { Pod } from '../../../schema/types.ts';
import { formatAddress, parseAddress } from '../../meta/address.ts';
import { isLoopbackOfPods } from '../../rules/destination.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';

/**
 * The address of a pod in canonical text, when a proxy may connect to this port of it; undefined otherwise.
 *
 * Whoever may write the status of pods says what a pod's address is, so it must be one that a pod can have (Go's
 * IsGlobalUnicast). Of the loopback range only a node without a network of its own gives addresses: the pod then runs on
 * a node of this machine, in no network but its own, and no other pod of the node has the address.
 */
export function podAddress(core: Core, pod: Pod, ip: string, port: number): string | undefined {
  const { destinations } = core;
  const address = parseAddress(ip);
  // another spelling of the address would not be found among those of other pods
  return address && isLoopbackOfPods(address) && formatAddress(address) === ip && isOfNode(core, pod, ip)
    ? destinations.allowedOfPod(ip, port)
    : destinations.allowed(ip, port);
}

function isOfNode({ store, destinations }: Core, pod: Pod, ip: string): boolean {
  const { nodeName, hostNetwork } = pod.spec ?? {};
  if (!nodeName || hostNetwork || isPodTerminal(pod)) return false;
  const node = store.get({ resource: 'nodes', namespace: '', name: nodeName });
  const addresses = node && objectAs('nodes', node).status?.addresses;
  if (!addresses?.some(({ type, address }) => type === 'InternalIP' && destinations.isHere(address))) return false;
  return store
    .list({ resource: 'pods' }, { field: 'spec.nodeName', values: [nodeName] })
    .items.filter((stored) => stored.fields?.['spec.nodeName'] === nodeName && stored.uid !== pod.metadata.uid)
    .map((stored) => objectAs('pods', stored))
    .every((other) => isPodTerminal(other) || other.status?.podIP !== ip);
}
