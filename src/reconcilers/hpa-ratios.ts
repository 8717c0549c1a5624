import type { Pod } from '../../schema/types.ts';
import { isPodReady } from '../rules/pods.ts';
import { isWithin, type Tolerances } from './hpa-replicas.ts';

const MAX_INT32 = 2 ** 31 - 1;

/**
 * How many replicas a value asks for that all pods have together. Source: getUsageRatioReplicaCount of
 * kube-controller-manager.
 * @param pods of the target @throws Error where there are none
 */
export function replicasForRatio(ratio: number, current: number, tolerances: Tolerances, pods: readonly Pod[]): number {
  if (current === 0) return Math.ceil(ratio);
  if (isWithin(ratio, tolerances)) return current;
  if (pods.length === 0)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return Math.min(MAX_INT32, Math.ceil(ratio * ready));
}

/**
 * How many replicas a value asks for of which each pod is to have so much. Source: GetExternalPerPodMetricReplicas.
 * @param existing pods of the target, ready or not
 * @returns `each`: what a pod has of it
 */
export function replicasForShares(
  usage: number,
  wanted: number,
  existing: number,
  tolerances: Tolerances,
): { replicas: number; each: number } {
  const isEnough = isWithin(usage / (wanted * existing), tolerances);
  const replicas = isEnough ? existing : Math.min(MAX_INT32, Math.ceil(usage / wanted));
  return { replicas, each: Math.ceil(usage / existing) };
}
