import type { Service, ServicePort } from '../../../schema/types.ts';
import { isPodAddress } from './bridge-network.ts';

/** Where a service port listens. */
export interface Binding {
  key: string;
  address: string;
  port: number;
  protocol: string;
  service: Service;
  portName: string;
}

/** Addresses that the bridge takes for a service. */
export const ipsOf = (service: Service): string[] => [...clusterIPsOf(service), ...(service.spec?.externalIPs ?? [])];

/**
 * Where all services listen. An external IP is what anybody may write into a service of his; one that is a cluster IP
 * leads to the service that has it from the cluster, one of the pods' networks to the pod that has it, and nobody takes
 * another's connections.
 * @param nodePortAddresses addresses on which node ports listen
 * @param bridged whether there is a bridge that takes cluster IPs and external IPs
 */
export function bindingsOf(
  services: readonly Service[],
  nodePortAddresses: readonly string[],
  bridged: boolean,
): Binding[] {
  const taken = new Set(services.flatMap(clusterIPsOf));
  const result: Binding[] = [];
  for (const service of services) {
    const { spec, metadata } = service;
    if (!spec || spec.type === 'ExternalName') continue;
    const own = new Set(clusterIPsOf(service));
    const ips = bridged
      ? ipsOf(service).filter((ip) => /^\d+\./.test(ip) && (own.has(ip) || !(taken.has(ip) || isPodAddress(ip))))
      : [];
    const add = (address: string, port: number, each: ServicePort): void => {
      const protocol = each.protocol ?? 'TCP';
      if (protocol === 'SCTP') return;
      const key = `${metadata.uid}/${each.name ?? ''}/${protocol}/${address}/${port}`;
      result.push({ key, address, port, protocol, service, portName: each.name ?? '' });
    };
    for (const port of spec.ports ?? []) {
      if (port.nodePort) for (const address of nodePortAddresses) add(address, port.nodePort, port);
      for (const ip of ips) add(ip, port.port, port);
    }
  }
  return result;
}

const clusterIPsOf = ({ spec }: Service): readonly string[] => spec?.clusterIPs ?? [spec?.clusterIP ?? ''];
