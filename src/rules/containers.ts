import type { ContainerStatus, Pod } from '../../schema/types.ts';

/** What the pod's status says of its container of that name, of whatever kind. */
export function containerStatus({ status }: Pick<Pod, 'status'>, name: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (each) => each.name === name,
  );
}

/** An init container that stays: a sidecar. The argument is one of `initContainers` (KEP-753). */
export const isSidecar = ({ restartPolicy }: { restartPolicy?: string | undefined }): boolean =>
  restartPolicy === 'Always';

/** The containers that run for as long as the pod does: the ordinary ones, then the sidecars. */
export function lastingContainers<C extends { restartPolicy?: string }>(
  spec: { containers?: readonly C[]; initContainers?: readonly C[] } | undefined,
): readonly C[] {
  const containers = spec?.containers ?? [];
  return spec?.initContainers?.length ? [...containers, ...spec.initContainers.filter(isSidecar)] : containers;
}
