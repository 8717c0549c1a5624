import type { Pod, PodDisruptionBudget } from '../../../../schema/types.ts';
import { controllerOf } from '../../../control/keys.ts';
import { labelMatcher } from '../../../control/selector.ts';
import { isPodTerminal, podCondition } from '../../../rules/pods.ts';
import type { AutoscalerSettings } from '../node-group-settings.ts';

const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const SAFE_VOLUMES = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';
const MIRROR = 'kubernetes.io/config.mirror';
/** Pods of less priority wait for room that others leave: for them no node is made, and none is kept. */
const EXPENDABLE = -10;

const isExpendable = ({ spec }: Pod): boolean => (spec?.priority ?? 0) < EXPENDABLE;

/** The scheduler has found no node for it, and it does not wait for room that is being made for it. */
export const isUnschedulable = (pod: Pod): boolean =>
  !pod.spec?.nodeName &&
  !pod.metadata.deletionTimestamp &&
  !isPodTerminal(pod) &&
  !isExpendable(pod) &&
  !pod.status?.nominatedNodeName &&
  podCondition(pod, 'PodScheduled')?.status === 'False' &&
  podCondition(pod, 'PodScheduled')?.reason === 'Unschedulable';

/** It is the node's own, and ends with it: nobody has to find it another place. */
export const isOfNode = (pod: Pod): boolean =>
  pod.metadata.annotations?.[MIRROR] !== undefined || controllerOf(pod)?.kind === 'DaemonSet';

/** Pods of a node that have to go elsewhere before it may end. */
export const movablePods = (pods: readonly Pod[]): Pod[] =>
  pods.filter((pod) => !isOfNode(pod) && !isPodTerminal(pod) && !isExpendable(pod));

/**
 * Why a pod keeps its node from ending, by the rules of cluster-autoscaler; undefined: it does not.
 * @param budgets of its namespace
 */
export function keepsNode(
  pod: Pod,
  budgets: readonly PodDisruptionBudget[],
  settings: Pick<AutoscalerSettings, 'skipNodesWithSystemPods' | 'skipNodesWithLocalStorage'>,
): string | undefined {
  const { annotations = {}, namespace } = pod.metadata;
  const own = budgets.filter(({ spec }) => labelMatcher(spec?.selector)(pod.metadata.labels));
  if (own.some(({ status }) => (status?.disruptionsAllowed ?? 0) < 1)) return 'NotEnoughPdb';
  if (annotations[SAFE_TO_EVICT] === 'true') return undefined;
  if (annotations[SAFE_TO_EVICT] === 'false') return 'NotSafeToEvictAnnotation';
  if (!controllerOf(pod)) return 'NotReplicated';
  if (settings.skipNodesWithSystemPods && namespace === 'kube-system' && !own.length) return 'UnmovableKubeSystemPod';
  if (settings.skipNodesWithLocalStorage && hasLocalStorage(pod)) return 'LocalStorageRequested';
  return undefined;
}

function hasLocalStorage({ spec, metadata }: Pod): boolean {
  const safe = (metadata.annotations?.[SAFE_VOLUMES] ?? '').split(',').map((name) => name.trim());
  return (spec?.volumes ?? []).some(
    ({ name, emptyDir, hostPath }) => (hostPath || (emptyDir && emptyDir.medium !== 'Memory')) && !safe.includes(name),
  );
}
