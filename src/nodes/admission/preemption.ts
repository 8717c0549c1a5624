import type { Pod } from '../../../schema/types.ts';
import { isCriticalPod } from '../../rules/critical-pod.ts';
import { qosClass, type QosClass } from '../../rules/qos-class.ts';
import { requestOf, type Shortage } from './resources-fit.ts';

/** What has still to be freed, by resource; all above zero. */
export type Needs = ReadonlyMap<string, number>;

/** Status of a pod that had to make room. */
export const PREEMPTED = {
  reason: 'Preempting',
  message: 'Preempted in order to admit critical pod',
  disruption: 'Pod was preempted by Kubelet to accommodate a critical pod.',
};

/** The pods that end, or what would be missing even if all ended that may. */
export type Preemption = { pods: Pod[] } | { missing: Needs };

/**
 * The pods that end so that a critical one has room: as few as can be, best effort before burstable before guaranteed.
 * Source: kubelet/preemption.
 */
export function preemption(critical: Pod, others: readonly Pod[], shortages: readonly Shortage[]): Preemption {
  const needs: Needs = new Map(shortages.map((each) => [each.resource, each.requested - (each.capacity - each.used)]));
  const may = others.filter((pod) => isPreemptable(critical, pod));
  const byQos = (wanted: QosClass): Pod[] =>
    may.filter((pod) => (pod.status?.qosClass ?? qosClass(pod.spec)) === wanted);
  const [bestEffort, burstable, guaranteed] = [byQos('BestEffort'), byQos('Burstable'), byQos('Guaranteed')];
  const missing = without(needs, may);
  if (missing.size) return { missing };
  // Of each class only what all of the lesser ones together would not free.
  const high = nearest(guaranteed, without(needs, [...bestEffort, ...burstable]));
  const middle = nearest(burstable, without(needs, [...bestEffort, ...high]));
  const low = nearest(bestEffort, without(needs, [...middle, ...high]));
  return { pods: [...low, ...middle, ...high] };
}

function isPreemptable(by: Pod, pod: Pod): boolean {
  if (isCriticalPod(by) && !isCriticalPod(pod)) return true;
  const [own, other] = [by.spec?.priority, pod.spec?.priority];
  return own !== undefined && other !== undefined && own > other;
}

/** What the pods leave to be freed. */
function without(needs: Needs, pods: readonly Pod[]): Needs {
  const left = new Map<string, number>();
  for (const [resource, amount] of needs) {
    const rest = pods.reduce((sum, pod) => sum - requestOf(pod, resource), amount);
    if (rest > 0) left.set(resource, rest);
  }
  return left;
}

/** Takes the pod that leaves least, until nothing is left; of two alike the smaller one. */
function nearest(pods: readonly Pod[], needs: Needs): Pod[] {
  const left = [...pods];
  const taken: Pod[] = [];
  for (let rest = needs; rest.size && left.length;) {
    const best = left.reduce((a, b) => (closer(b, a, rest) ? b : a));
    left.splice(left.indexOf(best), 1);
    taken.push(best);
    rest = without(rest, [best]);
  }
  return taken;
}

function closer(a: Pod, b: Pod, needs: Needs): boolean {
  const [near, far] = [distance(a, needs), distance(b, needs)];
  return near < far || (near === far && isSmaller(a, b));
}

/** The share of each need that the pod would leave, squared and added up. */
function distance(pod: Pod, needs: Needs): number {
  let sum = 0;
  for (const [resource, amount] of needs) sum += Math.max(0, (amount - requestOf(pod, resource)) / amount) ** 2;
  return sum;
}

function isSmaller(a: Pod, b: Pod): boolean {
  const [memory, other] = [requestOf(a, 'memory'), requestOf(b, 'memory')];
  return memory === other ? requestOf(a, 'cpu') <= requestOf(b, 'cpu') : memory < other;
}
