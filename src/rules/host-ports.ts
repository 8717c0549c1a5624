import type { Pod } from '../../schema/types.ts';
import { lastingContainers } from './containers.ts';

/** A port of its node that a pod asks for. */
export interface HostPort {
  /** `0.0.0.0` stands for all addresses */
  ip: string;
  protocol: string;
  port: number;
}

const ANY = '0.0.0.0';

/** The ports of the node that the containers which stay ask for. */
export const hostPorts = (pod: Pick<Pod, 'spec'>): HostPort[] =>
  lastingContainers(pod.spec).flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || ANY, protocol: protocol || 'TCP', port: hostPort }] : [],
    ),
  );

/** Whether one of the ports wanted is taken (kube-scheduler's HostPortInfo). */
export const hostPortsConflict = (wanted: readonly HostPort[], taken: readonly HostPort[]): boolean =>
  taken.some((port) => wanted.some((other) => conflict(other, port)));

const conflict = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
