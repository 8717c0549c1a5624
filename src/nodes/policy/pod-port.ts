import type { Pod } from '../../../schema/types.ts';

/** The number of a port that a container of the pod has named. @param protocol in capitals */
export function podPort(pod: Pod, name: string, protocol: string): number | undefined {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}
