import type { KubeObject } from '../../meta/object.ts';

export interface ServicePort {
  port: number;
  protocol?: string;
  nodePort?: number;
}

const NONE = 'None';
const typeOf = (service: KubeObject): string => service['spec']?.type ?? 'ClusterIP';
const portsOf = (service: KubeObject): ServicePort[] => service['spec']?.ports ?? [];

/** Whether a Service has an address of the cluster's range. */
export const needsClusterIp = (service: KubeObject): boolean =>
  typeOf(service) !== 'ExternalName' && service['spec'].clusterIP !== NONE && service['spec'].clusterIPs?.[0] !== NONE;

export const needsNodePorts = (service: KubeObject): boolean =>
  typeOf(service) === 'NodePort' || (typeOf(service) === 'LoadBalancer' && service['spec'].allocateLoadBalancerNodePorts !== false);

export const needsHealthPort = (service: KubeObject): boolean =>
  typeOf(service) === 'LoadBalancer' && service['spec'].externalTrafficPolicy === 'Local';

/** The addresses that a Service holds. */
export const heldAddresses = (service: KubeObject | undefined): string[] =>
  ((service?.['spec']?.clusterIPs ?? []) as string[]).filter((ip) => ip !== NONE && ip !== '');

/** The node ports that it holds; ports of several protocols may share one. */
export const heldPorts = (service: KubeObject | undefined): number[] =>
  service ? [...new Set([...portsOf(service).map((p) => p.nodePort ?? 0), service['spec']?.healthCheckNodePort ?? 0])].filter((p) => p !== 0) : [];

/**
 * What an update leaves out and the old Service has, as long as its type still wants it: addresses and node ports.
 * What the type wants no more is dropped where the client has not changed it. Source: the Service REST storage.
 */
export function takeOver(service: KubeObject, old: KubeObject): void {
  const [spec, before] = [service['spec'], old['spec']];
  if (typeOf(service) !== 'ExternalName' && typeOf(old) !== 'ExternalName') {
    if (!spec.clusterIP && (spec.clusterIPs?.length ?? 0) === 0) {
      spec.clusterIP = before.clusterIP;
      spec.clusterIPs = before.clusterIPs;
    }
  } else if (typeOf(service) === 'ExternalName' && spec.clusterIP === before.clusterIP) {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[field];
  }
  if (needsNodePorts(service) && needsNodePorts(old)) {
    for (const port of portsOf(service)) {
      port.nodePort ||= portsOf(old).find((p) => p.port === port.port && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.nodePort ?? 0;
    }
  } else if (!needsNodePorts(service) && needsNodePorts(old)) {
    const held = heldPorts(old);
    for (const port of portsOf(service)) if (port.nodePort && held.includes(port.nodePort) && typeOf(service) !== 'LoadBalancer') delete port.nodePort;
  }
  if (needsHealthPort(service)) spec.healthCheckNodePort ||= before.healthCheckNodePort;
  else if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
}
