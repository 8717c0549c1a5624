import type { Affinity, DaemonSet, Node, NodeSelectorRequirement, Pod, Toleration } from '../../schema/types.ts';
import { matchesNode } from '../rules/node-selector.ts';
import { isHardTaint, tolerates } from '../rules/tolerations.ts';

const NODE = 'node.kubernetes.io';

/** What every daemon tolerates: a node in trouble is where it is needed. */
export function daemonTolerations(hostNetwork: boolean): Toleration[] {
  const make = (key: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
    key: `${NODE}/${key}`,
    operator: 'Exists',
    effect,
  });
  return [
    make('not-ready', 'NoExecute'),
    make('unreachable', 'NoExecute'),
    make('disk-pressure', 'NoSchedule'),
    make('memory-pressure', 'NoSchedule'),
    make('pid-pressure', 'NoSchedule'),
    make('unschedulable', 'NoSchedule'),
    ...(hostNetwork ? [make('network-unavailable', 'NoSchedule')] : []),
  ];
}

/** The node that a daemon pod is for: the one it runs on, or the one that its affinity names. */
export function nodeOfDaemonPod(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    for (const { key, operator, values } of matchFields)
      if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0];
  }
  return undefined;
}

/** The pod's affinity with the node's name in place of (and in addition to) what the template asks of names. */
export function affinityTo(node: string, affinity: Affinity | undefined): Affinity {
  const requirement: NodeSelectorRequirement = { key: 'metadata.name', operator: 'In', values: [node] };
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const nodeSelectorTerms = terms?.length
    ? terms.map((term) => ({ ...term, matchFields: [requirement] }))
    : [{ matchFields: [requirement] }];
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

/** Whether a new daemon pod belongs on the node, and whether one that is there may stay. */
export function placement(set: DaemonSet, node: Node): { run: boolean; stay: boolean } {
  const spec = set.spec!.template.spec!;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { run: false, stay: false };
  if (!matchesNode({ spec }, node)) return { run: false, stay: false };
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(!!spec.hostNetwork)];
  const bad = (node.spec?.taints ?? []).filter((taint) => isHardTaint(taint) && !tolerates(tolerations, taint));
  return { run: bad.length === 0, stay: bad.every(({ effect }) => effect !== 'NoExecute') };
}
