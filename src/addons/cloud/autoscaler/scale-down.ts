import type { Node, Pod } from '../../../../schema/types.ts';
import type { Context } from '../../../control/contract.ts';
import { isNodeLeaving, isNodeReady } from '../../../rules/nodes.ts';
import { amountsOf, podAmounts, rounded } from '../../../rules/pod-amounts.ts';
import { isPodTerminal } from '../../../rules/pods.ts';
import type { AutoscalerSettings } from '../node-group-settings.ts';
import type { ClusterState, GroupState } from './cluster-state.ts';
import { keepsNode, movablePods } from './pod-rules.ts';

const DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';

/** A node that the others could do without. */
export interface Unneeded {
  node: Node;
  group: GroupState;
  /** what has to go elsewhere first */
  pods: Pod[];
  utilization: number;
}

/**
 * Nodes of groups that are little used, and whose pods may move and fit elsewhere, each supposing that those before it
 * are gone. No more of a group than leave its smallest size.
 */
export function unneededNodes(state: ClusterState, settings: AutoscalerSettings, ctx: Context): Unneeded[] {
  const found: Unneeded[] = [];
  for (const group of state.groups) {
    let spare = group.group.targetSize - group.group.minSize - group.nodes.filter(isNodeLeaving).length;
    const candidates = group.nodes
      .filter((node) => !isNodeLeaving(node) && node.metadata.annotations?.[DISABLED] !== 'true')
      .map((node) => ({ node, group, ...loadOf(node, state) }))
      .filter(({ node, utilization }) => !isNodeReady(node) || utilization < settings.scaleDownUtilizationThreshold)
      .sort((a, b) => a.pods.length - b.pods.length || a.utilization - b.utilization);
    for (const candidate of candidates) {
      if (spare <= 0) break;
      if (candidate.pods.some((pod) => mustStay(pod, settings, ctx))) continue;
      if (state.placement.evacuate(candidate.node.metadata.name, candidate.pods)) continue;
      found.push(candidate);
      spare--;
    }
  }
  return found;
}

const mustStay = (pod: Pod, settings: AutoscalerSettings, ctx: Context): boolean =>
  keepsNode(pod, ctx.informer('poddisruptionbudgets.policy').list(pod.metadata.namespace), settings) !== undefined;

function loadOf(node: Node, state: ClusterState): { pods: Pod[]; utilization: number } {
  const all = state.podsOf(node.metadata.name).filter((pod) => !isPodTerminal(pod));
  const have = amountsOf(node.status?.allocatable, rounded);
  const share = (resource: string): number => {
    const used = all.reduce((sum, { spec }) => sum + (podAmounts(spec, 'requests', rounded)[resource] ?? 0), 0);
    return have[resource] ? used / have[resource] : 0;
  };
  return { pods: movablePods(all), utilization: Math.max(share('cpu'), share('memory')) };
}
