import type { Pod } from '../../schema/types.ts';
import { timeMs } from '../meta/time.ts';
import { isPodReady, podCondition } from '../rules/pods.ts';

const PHASE: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * The pods in the order in which a shrinking ReplicaSet deletes them: unassigned, pending, not ready, cheap by
 * annotation, crowded on their node, ready for a shorter time, often restarted, young. Times are compared by their
 * order of magnitude (KEP-2185), so that which of many like pods goes is spread.
 * @param perNode how many pods of the same application each node has; @param now ms
 */
export function byDeletionOrder(pods: readonly Pod[], perNode: ReadonlyMap<string, number>, now: number): Pod[] {
  return [...pods].sort((a, b) => compare(a, b, perNode, now));
}

function compare(a: Pod, b: Pod, perNode: ReadonlyMap<string, number>, now: number): number {
  const crowd = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return (
    Number(!!a.spec?.nodeName) - Number(!!b.spec?.nodeName) ||
    (PHASE[a.status?.phase ?? ''] ?? 0) - (PHASE[b.status?.phase ?? ''] ?? 0) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    cost(a) - cost(b) ||
    crowd(b) - crowd(a) ||
    (isPodReady(a) && isPodReady(b) ? magnitude(readySince(a), now) - magnitude(readySince(b), now) : 0) ||
    restarts(b) - restarts(a) ||
    magnitude(timeMs(a.metadata.creationTimestamp), now) - magnitude(timeMs(b.metadata.creationTimestamp), now) ||
    (a.metadata.uid < b.metadata.uid ? -1 : 1)
  );
}

const cost = (pod: Pod): number => Number.parseInt(pod.metadata.annotations?.[COST] ?? '0', 10) || 0;
const readySince = (pod: Pod): number => timeMs(podCondition(pod, 'Ready')?.lastTransitionTime);
const restarts = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount ?? 0));

/** log2 of the age in nanoseconds; -1 where there is no age yet. */
function magnitude(since: number, now: number): number {
  const age = now - since;
  return age > 0 ? Math.floor(Math.log2(age * 1e6)) : -1;
}
