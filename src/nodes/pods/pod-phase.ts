import type { Container, ContainerStatus, Pod } from '../../../schema/types.ts';
import { isSidecar } from './restart-policy.ts';

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** An init container that need not be waited for any more: a sidecar that started, or one that succeeded. */
export const initDone = (
  pod: Pod,
  container: Container,
  status: Pick<ContainerStatus, 'state' | 'started'> | undefined,
): boolean => (isSidecar(pod, container) ? Boolean(status?.started) : status?.state?.terminated?.exitCode === 0);

const ended = (status: ContainerStatus | undefined): number | undefined =>
  status?.state?.terminated?.exitCode ?? (status?.state?.waiting ? status.lastState?.terminated?.exitCode : undefined);

/**
 * The phase as the kubelet derives it from the statuses of init and main containers.
 * @param over the pod is being deleted and nothing of it will start again
 */
export function podPhase(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  over = false,
): Phase {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const initSpecs = pod.spec?.initContainers ?? [];
  const mainStarted = main.some((status) => status.state?.running || ended(status) !== undefined);
  const waitsForInit = initSpecs.filter((each, index) => !initDone(pod, each, init[index]));
  const failedInit = waitsForInit.some((each, index) => {
    const status = init[initSpecs.indexOf(each)] ?? init[index];
    const own = each.restartPolicy ?? policy;
    return !isSidecar(pod, each) && own === 'Never' && (status?.state?.terminated?.exitCode ?? 0) !== 0;
  });
  if (failedInit) return 'Failed';
  if (waitsForInit.length && !mainStarted) return 'Pending';
  // One that has never started keeps the pod Pending, whatever the others do.
  if (main.some((status) => !status.state?.running && ended(status) === undefined)) return 'Pending';
  if (main.some((status) => status.state?.running)) return 'Running';
  const sidecarsRun = initSpecs.some((each, index) => isSidecar(pod, each) && init[index]?.state?.running);
  const specs = pod.spec?.containers ?? [];
  const again = main.some((status, index) => {
    const own = specs[index]?.restartPolicy ?? policy;
    return own === 'Always' || (own === 'OnFailure' && ended(status) !== 0) || status.state?.waiting;
  });
  if (!over && (again || sidecarsRun)) return 'Running';
  return main.every((status) => ended(status) === 0) ? 'Succeeded' : 'Failed';
}
