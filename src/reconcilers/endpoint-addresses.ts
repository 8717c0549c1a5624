import type { Endpoint, DiscoveryEndpointPort, Node, Pod, Service, ServicePort } from '../../schema/types.ts';
import { lastingContainers } from '../rules/containers.ts';
import { isPodReady, isPodTerminal } from '../rules/pods.ts';
import { canonicalJson } from '../meta/canonical-json.ts';
import { present } from '../meta/present.ts';

/** Addresses that share their ports: one or more slices. */
export interface PortGroup {
  ports: DiscoveryEndpointPort[];
  endpoints: Endpoint[];
}

/** The pod's address of this family, `IPv4` or `IPv6`. */
export function podAddress(pod: Pod, family: string): string | undefined {
  const ips = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP ? [pod.status.podIP] : []);
  return ips.find((ip) => !!ip && ip.includes(':') === (family === 'IPv6')) || undefined;
}

/** A pod that could be an endpoint: it has an address and has not ended. */
export const isEndpoint = (pod: Pod, withTerminating: boolean): boolean =>
  !!(pod.status?.podIP || pod.status?.podIPs?.length) &&
  !isPodTerminal(pod) &&
  (withTerminating || !pod.metadata.deletionTimestamp);

/** The number of a service's port on a pod; undefined where the pod has no port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort;
  if (typeof target === 'number' && target > 0) return target;
  if (target === undefined || target === '' || target === 0) return port.port;
  const protocol = port.protocol ?? 'TCP';
  for (const container of lastingContainers(pod.spec)) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === protocol) return candidate.containerPort;
    }
  }
  return undefined;
}

/** How endpoints name their pod. */
export const podReference = ({ metadata: { namespace, name, uid } }: Pod): NonNullable<Endpoint['targetRef']> =>
  present({ kind: 'Pod', namespace, name, uid });

/** The pods of a service as slices hold them, grouped by the ports that they have. */
export function portGroups(
  service: Service,
  pods: readonly Pod[],
  family: string,
  nodeOf: (name: string) => Node | undefined,
): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods) {
    const address = podAddress(pod, family);
    if (!isEndpoint(pod, true) || !address) continue;
    const ports = portsOf(service, pod);
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod, address, nodeOf));
  }
  return [...groups.values()];
}

function portsOf(service: Service, pod: Pod): DiscoveryEndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(pod, port);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }];
  });
}

function endpointOf(service: Service, pod: Pod, address: string, nodeOf: (name: string) => Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses || (serving && !terminating);
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName ? nodeOf(nodeName)?.metadata.labels?.['topology.kubernetes.io/zone'] : undefined;
  const hostname = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [address],
    conditions: { ready: !!ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: podReference(pod),
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
  };
}
