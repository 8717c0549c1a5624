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
