import type { Node, Pod, TopologySpreadConstraint } from '../../schema/types.ts';
import { isEmptySelector, labelMatcher, type LabelMatcher } from '../control/selector.ts';
import { matchesNode } from '../rules/node-selector.ts';
import type { NodeInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';
import { isHardTaint, tolerates } from '../rules/tolerations.ts';

export interface Constraint {
  key: string;
  maxSkew: number;
  minDomains: number;
  matches: LabelMatcher;
  /** which other pods count: an empty selector matches the pod itself and counts nobody */
  counts: LabelMatcher;
  /** whether the node's pods count at all */
  includes(node: Node): boolean;
}

/** The pod's constraints of one kind, with the labels of `matchLabelKeys` in their selectors (KEP-3243, KEP-3094). */
export function constraintsOf(pod: Pod, action: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] {
  return (pod.spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => parse(constraint, pod));
}

function parse(constraint: TopologySpreadConstraint, pod: Pod): Constraint {
  const selector = structuredClone(constraint.labelSelector);
  for (const key of constraint.matchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (selector && value !== undefined)
      selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator: 'In', values: [value] }];
  }
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    matches: labelMatcher(selector),
    counts: labelMatcher(isEmptySelector(selector) ? undefined : selector),
    includes: (node) =>
      (constraint.nodeAffinityPolicy === 'Ignore' || matchesNode(pod, node)) &&
      (constraint.nodeTaintsPolicy !== 'Honor' || toleratesAll(pod, node)),
  };
}

const toleratesAll = (pod: Pod, node: Node): boolean =>
  (node.spec?.taints ?? []).every((taint) => !isHardTaint(taint) || tolerates(pod.spec?.tolerations, taint));

/** What a pod without constraints gets: spread over zones and hosts with the others of its service or controller. */
export function defaultConstraints(pod: Pod, snapshot: Snapshot): Constraint[] {
  const matches = snapshot.cluster.siblings(pod);
  if (!matches) return [];
  const common = { minDomains: 1, matches, counts: matches, includes: (node: Node) => matchesNode(pod, node) };
  return [
    { key: 'kubernetes.io/hostname', maxSkew: 3, ...common },
    { key: 'topology.kubernetes.io/zone', maxSkew: 5, ...common },
  ];
}

export function countMatching(node: NodeInfo, matches: LabelMatcher, namespace: string | undefined): number {
  let count = 0;
  for (const { pod } of node.pods.values()) {
    if (pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && matches(pod.metadata.labels))
      count++;
  }
  return count;
}

export const hasAllKeys = (node: NodeInfo, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ key }) => node.labels[key] !== undefined);
