import type { Container, ContainerStatus, Pod } from '../../../schema/types.ts';
import { isSidecar, restarts } from './restart-policy.ts';

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
 * The phase as the kubelet derives it from the statuses of init and main containers, each by its own restart policy and
 * rules (KEP-5307). Source: kubelet getPhase.
 * @param over the pod is being deleted and nothing of it will start again: what has not run by now has failed
 */
export function podPhase(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  over = false,
): Phase {
  const initSpecs = pod.spec?.initContainers ?? [];
  const hasFailed = initSpecs.some((each, index) => {
    const code = ended(init[index]);
    return !isSidecar(pod, each) && code !== undefined && code !== 0 && !restarts(pod, each, code);
  });
  if (hasFailed) return 'Failed';
  // Once a main container has begun, sidecars that start again hold nothing up; one that never ran does.
  const hasBegun = main.some((status) => status.state?.running || status.state?.terminated);
  const isAwaited = (each: Container, index: number): boolean => {
    const status = init[index];
    if (!isSidecar(pod, each)) return ended(status) === undefined;
    if (!status?.state?.running) return ended(status) === undefined;
    return !status.started && !hasBegun;
  };
  const waiting = over ? 'Failed' : 'Pending';
  if (initSpecs.some(isAwaited)) return waiting;
  const sidecars = init.filter((_, index) => initSpecs[index] && isSidecar(pod, initSpecs[index]));
  if (main.some((status) => !status.state?.running && ended(status) === undefined)) return waiting;
  if ([...main, ...sidecars].some((status) => status.state?.running)) return 'Running';
  const again = main.some((status, index) => {
    const container = pod.spec?.containers[index];
    return container && restarts(pod, container, ended(status) ?? 0);
  });
  if (again && !over) return 'Running';
  return main.every((status) => ended(status) === 0) ? 'Succeeded' : 'Failed';
}
