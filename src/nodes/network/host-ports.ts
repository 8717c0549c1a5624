import { isIPv4 } from 'node:net';
import type { Pod } from '../../../schema/types.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import type { Protocol } from './service-routes.ts';

/** A port of the node that leads to a port of a pod. */
export interface HostPort {
  pod: Pod;
  protocol: Protocol;
  /** undefined: all of the node's addresses */
  hostIP: string | undefined;
  port: number;
  address: string;
  targetPort: number;
}

/** The host ports of the pods that have an address of their own, each place once: the pod that is older has it. */
export function hostPortsOf(pods: readonly Pod[]): HostPort[] {
  const found = new Map<string, HostPort>();
  for (const pod of [...pods].sort(byAge)) {
    const address = pod.status?.podIP;
    if (!address || !isIPv4(address) || pod.spec?.hostNetwork || isPodTerminal(pod)) continue;
    for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
      for (const { hostPort, hostIP, protocol = 'TCP', containerPort } of container.ports ?? []) {
        if (!hostPort || (hostIP && !isIPv4(hostIP))) continue;
        const ip = hostIP && hostIP !== '0.0.0.0' ? hostIP : undefined;
        const key = `${protocol} ${ip ?? ''} ${hostPort}`;
        if (found.has(key)) continue;
        const target = { address, targetPort: containerPort };
        found.set(key, { pod, protocol: protocol as Protocol, hostIP: ip, port: hostPort, ...target });
      }
    }
  }
  return [...found.values()];
}

const byAge = (a: Pod, b: Pod): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.uid.localeCompare(b.metadata.uid);
