import type { KubeObject } from '../../meta/object.ts';
import type { Target } from '../../rules/relay/target.ts';
import type { HostPort } from './host-ports.ts';
import type { Protocol, ServiceRoute } from './service-routes.ts';

/** A place where the agent itself listens, and where it leads. */
export interface Binding {
  key: string;
  address: string;
  port: number;
  protocol: Protocol;
  /** the Service or the pod that it is of */
  about: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;
  targets: readonly Target[];
  affinityMs: number;
  /** CIDRs of those who may connect; empty: all */
  sourceRanges: readonly string[];
}

export interface Bindings {
  bindings: Binding[];
  /** addresses that the machine must take */
  addresses: Set<string>;
}

/**
 * All places where Services and host ports are found, each once: who comes first has it.
 * @param nodePortAddresses addresses on which node ports and host ports listen
 * @param bridged whether there is a link that takes the addresses of Services; without it they are not served
 */
export function bindingsOf(
  routes: readonly ServiceRoute[],
  hostPorts: readonly HostPort[],
  nodePortAddresses: readonly string[],
  bridged: boolean,
): Bindings {
  const found = new Map<string, Binding>();
  const addresses = new Set<string>();
  const add = (binding: Omit<Binding, 'key'>): void => {
    const key = `${binding.protocol} ${binding.address} ${binding.port}`;
    if (!found.has(key)) found.set(key, { key, ...binding });
  };
  for (const route of routes) {
    const { service, protocol, endpoints, internal, external } = route;
    const about = { ...service, apiVersion: 'v1', kind: 'Service' };
    const affinityMs = route.affinitySeconds * 1000;
    const inner = internal === 'Local' ? endpoints.local : endpoints.cluster;
    const outer = external === 'Local' ? endpoints.local : endpoints.cluster;
    const listen = (address: string, port: number, targets: readonly Target[], sourceRanges: readonly string[] = []) =>
      add({ address, port, protocol, about, targets, affinityMs, sourceRanges });
    if (route.nodePort) for (const address of nodePortAddresses) listen(address, route.nodePort, outer);
    if (!bridged) continue;
    for (const ip of route.clusterIPs) listen(ip, route.port, inner);
    for (const ip of route.externalIPs) listen(ip, route.port, outer);
    for (const ip of route.loadBalancerIPs) listen(ip, route.port, outer, route.sourceRanges);
    for (const ip of [...route.clusterIPs, ...route.externalIPs, ...route.loadBalancerIPs]) addresses.add(ip);
  }
  for (const { pod, protocol, hostIP, port, address: to, targetPort } of hostPorts) {
    const about = { ...pod, apiVersion: 'v1', kind: 'Pod' };
    const targets = [{ address: to, port: targetPort }];
    for (const address of hostIP ? [hostIP] : nodePortAddresses)
      add({ address, port, protocol, about, targets, affinityMs: 0, sourceRanges: [] });
  }
  return { bindings: [...found.values()], addresses };
}
