import { isIPv4 } from 'node:net';
import type { Service, ServicePort } from '../../../schema/types.ts';
import { isPodAddress } from './bridge-network.ts';
import type { Reachable } from './reachable.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Whose endpoints traffic goes to: all, or those of the node that it comes to. */
export type TrafficPolicy = 'Cluster' | 'Local';

/** A port of a Service: where it is to be found, and how it is led from there. */
export interface ServiceRoute {
  /** `namespace/name/protocol/port`, of letters, digits, `-` and `/` alone */
  name: string;
  service: Service;
  portName: string;
  protocol: Protocol;
  port: number;
  clusterIPs: readonly string[];
  /** external IPs, and those that a load balancer has given */
  externalIPs: readonly string[];
  loadBalancerIPs: readonly string[];
  /** CIDRs that may use the load balancer's addresses; empty: all */
  sourceRanges: readonly string[];
  nodePort: number | undefined;
  internal: TrafficPolicy;
  external: TrafficPolicy;
  /** seconds for which a client keeps its endpoint after each connection; 0: none */
  affinitySeconds: number;
  endpoints: Reachable;
}

const DEFAULT_AFFINITY = 10_800;
const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];
const isProtocol = (text: string): text is Protocol => PROTOCOLS.includes(text);
/** Names go into commands: nothing but what the API lets through. */
const PLAIN = /^[a-z0-9-]+\/[a-z0-9-]+$/;

/** IPv4 addresses of a Service in the cluster; none for a headless one. */
export const clusterIPsOf = ({ spec }: Service): string[] => {
  if (spec?.type === 'ExternalName') return [];
  return [...new Set(spec?.clusterIPs ?? [spec?.clusterIP ?? ''])].filter((ip) => isIPv4(ip));
};

/**
 * The routes of a Service's ports. An external IP is what anybody may write into a Service of his; one that is a cluster
 * IP leads to the Service that has it from the cluster, one of the pods' networks to the pod that has it, and nobody
 * takes another's connections.
 * @param isClusterIP whether a Service has the address from the cluster
 */
export function routesOf(
  service: Service,
  isClusterIP: (ip: string) => boolean,
  endpoints: (portName: string) => Reachable,
): ServiceRoute[] {
  const { spec, metadata } = service;
  const name = `${metadata.namespace}/${metadata.name}`;
  if (!spec || spec.type === 'ExternalName' || !PLAIN.test(name)) return [];
  const mayTake = (ip: string): boolean => isIPv4(ip) && !isClusterIP(ip) && !isPodAddress(ip);
  const clusterIPs = clusterIPsOf(service);
  const externalIPs = [...new Set(spec.externalIPs ?? [])].filter(mayTake);
  const loadBalancerIPs = balancerIPs(service).filter((ip) => mayTake(ip) && !externalIPs.includes(ip));
  if (!clusterIPs.length && !externalIPs.length) return [];
  const common = {
    service,
    clusterIPs,
    externalIPs,
    loadBalancerIPs,
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter(isCidr),
    internal: spec.internalTrafficPolicy === 'Local' ? ('Local' as const) : ('Cluster' as const),
    external: spec.externalTrafficPolicy === 'Local' ? ('Local' as const) : ('Cluster' as const),
    affinitySeconds: affinityOf(service),
  };
  return (spec.ports ?? []).flatMap((each: ServicePort): ServiceRoute[] => {
    const { name: portName = '', protocol = 'TCP', port, nodePort } = each;
    if (!isProtocol(protocol)) return [];
    return [
      {
        ...common,
        name: `${name}/${protocol.toLowerCase()}/${port}`,
        portName,
        protocol,
        port,
        nodePort: nodePort || undefined,
        endpoints: endpoints(portName),
      },
    ];
  });
}

/** What a load balancer takes care of itself (ipMode Proxy) is not this proxy's. */
const balancerIPs = ({ spec, status }: Service): string[] =>
  spec?.type === 'LoadBalancer'
    ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []))
    : [];

const isCidr = (text: string): boolean => {
  const [address = '', bits = ''] = text.split('/');
  return isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
};

function affinityOf({ spec }: Service): number {
  if (spec?.sessionAffinity !== 'ClientIP') return 0;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY;
}
