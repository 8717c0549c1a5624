import type { Node, Pod, TopologySpreadConstraint } from '../../../schema/types.ts';
import type { Cluster } from './random-cluster.ts';
import { keptOffBy, podsOn, selects, selectsAll, wantsNode } from './words.ts';

/** The pod's constraints of one kind, with what `matchLabelKeys` adds to their selectors. */
export const constraintsOf = (pod: Pod, kind: TopologySpreadConstraint['whenUnsatisfiable']) =>
  (pod.spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind)
    .map((constraint): TopologySpreadConstraint => {
      const more = (constraint.matchLabelKeys ?? [])
        .filter((key) => pod.metadata.labels?.[key] !== undefined)
        .map((key) => ({ key, operator: 'In' as const, values: [pod.metadata.labels![key]!] }));
      const { labelSelector } = constraint;
      const matchExpressions = [...(labelSelector?.matchExpressions ?? []), ...more];
      return { ...constraint, labelSelector: { ...labelSelector, matchExpressions } };
    });

export const hasKeys = ({ metadata }: Node, constraints: readonly TopologySpreadConstraint[]): boolean =>
  constraints.every(({ topologyKey }) => metadata.labels?.[topologyKey] !== undefined);

/** Whether the node's pods count: by default where the pod's own node affinity holds, whatever the taints. */
export const includes = (constraint: TopologySpreadConstraint, pod: Pod, node: Node): boolean =>
  (constraint.nodeAffinityPolicy === 'Ignore' || wantsNode(pod, node)) &&
  (constraint.nodeTaintsPolicy !== 'Honor' || keptOffBy(pod, node).length === 0);

/** The nodes of each domain: those that have all keys and are included. */
export function domainsOf(
  constraint: TopologySpreadConstraint,
  all: readonly TopologySpreadConstraint[],
  pod: Pod,
  { nodes }: Cluster,
): Map<string, Node[]> {
  const counted = nodes.filter((node) => hasKeys(node, all) && includes(constraint, pod, node));
  const domains = new Map<string, Node[]>();
  for (const node of counted) {
    const domain = node.metadata.labels![constraint.topologyKey]!;
    domains.set(domain, [...(domains.get(domain) ?? []), node]);
  }
  return domains;
}

/** Pods of the pod's namespace on the node that the selector selects and that are not on their way out. */
export const countedPods = (constraint: TopologySpreadConstraint, pod: Pod, node: Node, cluster: Cluster): number =>
  // kube-scheduler counts nobody for a selector that selects everybody.
  selectsAll(constraint.labelSelector)
    ? 0
    : podsOn(cluster, node).filter(
        ({ metadata }) =>
          metadata.namespace === pod.metadata.namespace &&
          !metadata.deletionTimestamp &&
          selects(constraint.labelSelector, metadata.labels),
      ).length;
