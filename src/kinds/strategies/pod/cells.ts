import type { ContainerStatus, Pod } from '../../../../schema/types.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { isSidecar, lastingContainers } from '../../../rules/containers.ts';
import { hasPodCondition, isPodReady, isPodTerminal } from '../../../rules/pods.ts';
import { NONE, since } from '../../cells.ts';
import type { Cell } from '../../kind.ts';

/** Restarts of some containers and when the last of them was. */
interface Restarts {
  count: number;
  last: string;
}

function addRestarts(total: Restarts, status: Parts<ContainerStatus>): void {
  total.count += status.restartCount ?? 0;
  const finished = status.lastState?.terminated?.finishedAt;
  if (finished && finished > total.last) total.last = finished;
}

const exitReason = (terminated: { reason?: string; signal?: number; exitCode?: number }): string =>
  terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`);

interface Progress {
  reason: string;
  ready: number;
  restarts: Restarts;
}

/** Walks the init containers: what they have restarted, and, while they are not done, what the pod waits for. */
function initProgress(pod: Unchecked<Pod>, progress: Progress): { initializing: boolean; sidecars: Restarts } {
  const spec = new Map((pod.spec?.initContainers ?? []).map((c) => [c.name, c]));
  const sidecars: Restarts = { count: 0, last: '' };
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    addRestarts(progress.restarts, status);
    const restartable = isSidecar(spec.get(status.name) ?? {});
    if (restartable) addRestarts(sidecars, status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (restartable && status.started) {
      if (status.ready) progress.ready++;
      continue;
    }
    if (terminated) progress.reason = `Init:${exitReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') progress.reason = `Init:${waiting.reason}`;
    else progress.reason = `Init:${i}/${spec.size}`;
    return { initializing: true, sidecars };
  }
  return { initializing: false, sidecars };
}

/** Walks the containers from the last to the first, so that the first one's reason stands. */
function containerProgress(pod: Unchecked<Pod>, progress: Progress): void {
  let running = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    addRestarts(progress.restarts, status);
    const { waiting, terminated, running: runs } = status.state ?? {};
    if (waiting?.reason) progress.reason = waiting.reason;
    else if (terminated) progress.reason = exitReason(terminated);
    else if (status.ready && runs) {
      running = true;
      progress.ready++;
    }
  }
  if (progress.reason === 'Completed' && running) progress.reason = isPodReady(pod) ? 'Running' : 'NotReady';
}

function progressOf(pod: Unchecked<Pod>): Progress {
  const { status } = pod;
  const progress: Progress = {
    reason: status?.reason || status?.phase || '',
    ready: 0,
    restarts: { count: 0, last: '' },
  };
  if (status?.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated'))
    progress.reason = 'SchedulingGated';
  const { initializing, sidecars } = initProgress(pod, progress);
  if (!initializing || hasPodCondition(pod, 'Initialized')) {
    progress.restarts = sidecars;
    containerProgress(pod, progress);
  }
  if (pod.metadata.deletionTimestamp) {
    if (status?.reason === 'NodeLost') progress.reason = 'Unknown';
    else if (!isPodTerminal(pod)) progress.reason = 'Terminating';
  }
  return progress;
}

function gates(pod: Unchecked<Pod>): string {
  const wanted = pod.spec?.readinessGates ?? [];
  if (wanted.length === 0) return NONE;
  return `${wanted.filter((gate) => hasPodCondition(pod, gate.conditionType)).length}/${wanted.length}`;
}

/** Pods: the status is the most telling of phase, reason and the containers' states. */
export function podCells(pod: Unchecked<Pod>, now: number): Cell[] {
  const { reason, ready, restarts } = progressOf(pod);
  const total = lastingContainers(pod.spec).length;
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restarts.count && restarts.last ? `${restarts.count} (${since(restarts.last, now)} ago)` : String(restarts.count),
    since(pod.metadata.creationTimestamp, now),
    pod.status?.podIPs?.[0]?.ip || NONE,
    pod.spec?.nodeName || NONE,
    pod.status?.nominatedNodeName || NONE,
    gates(pod),
  ];
}

const completed = (reason: string, message: string) => [{ type: 'Completed', status: 'True', reason, message }];
const succeededRow = completed('Succeeded', 'The pod has completed successfully.');
const failedRow = completed('Failed', 'The pod failed.');

/** Conditions of a pod's row, by which kubectl may leave out pods that have ended. */
export const podRowConditions = ({ status }: Unchecked<Pod>): object[] | undefined =>
  status?.phase === 'Succeeded' ? succeededRow : status?.phase === 'Failed' ? failedRow : undefined;
