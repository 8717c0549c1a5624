import type { Node, Pod } from '../../../../schema/types.ts';
import type { Context } from '../../../control/contract.ts';
import { timeMs } from '../../../meta/time.ts';
import { isNodeLeaving, isNodeReady } from '../../../rules/nodes.ts';
import type { MakePlacement, Placement } from '../../lent.ts';
import type { AutoscalerSettings } from '../node-group-settings.ts';
import type { NodeGroup, NodeGroups } from '../provider.ts';

/** A group, and its nodes as they stand. */
export interface GroupState {
  group: NodeGroup;
  nodes: Node[];
  ready: Node[];
  /** nodes that are to come, or have come and are not ready yet, within the time that they have */
  upcoming: string[];
}

/** The cluster at one moment, as the autoscaler sees it. */
export interface ClusterState {
  groups: GroupState[];
  pods: readonly Pod[];
  podsOf(node: string): readonly Pod[];
  /** with the nodes that are to come, as if they were there, and without those that go */
  placement: Placement;
  /** a node that would come, with the pods that each node has, put into the placement */
  suppose(group: NodeGroup, name: string): Node;
}

/** Ready, and pods may come as far as the machine goes: the taints of a beginning are off. */
const hasStarted = (node: Node): boolean =>
  isNodeReady(node) &&
  !(node.spec?.taints ?? []).some(({ key }) =>
    /^node\.(cloudprovider\.)?kubernetes\.io\/(not-ready|uninitialized)$/.test(key),
  );

export function clusterState(
  groups: NodeGroups,
  makePlacement: MakePlacement,
  { maxNodeProvisionTime }: AutoscalerSettings,
  ctx: Context,
): ClusterState {
  const all = ctx.informer('nodes').list();
  const pods = ctx.informer('pods').list();
  const now = ctx.clock.now();
  const states = groups.all().map((group): GroupState => {
    const nodes = all.filter((node) => groups.groupOf(node) === group);
    const young = nodes.filter(
      (node) =>
        !hasStarted(node) &&
        !isNodeLeaving(node) &&
        now - timeMs(node.metadata.creationTimestamp) < maxNodeProvisionTime,
    );
    const missing = Math.max(0, group.targetSize - nodes.length);
    const unborn = Array.from({ length: missing }, (_, i) => `${group.id}-upcoming-${i}`);
    return {
      group,
      nodes,
      ready: nodes.filter((node) => hasStarted(node) && !isNodeLeaving(node)),
      upcoming: [...young.map(({ metadata }) => metadata.name), ...unborn],
    };
  });
  const coming = new Set(states.flatMap(({ upcoming }) => upcoming));
  const there = all.filter((node) => !isNodeLeaving(node) && !coming.has(node.metadata.name));
  const placement = makePlacement(ctx.informer, there, pods);
  const suppose = (group: NodeGroup, name: string): Node => {
    const node = group.template(name);
    placement.addNode(node);
    for (const { metadata, spec } of ctx.informer('daemonsets.apps').list()) {
      const { template } = spec ?? {};
      if (!template) continue;
      const uid = `${name}/${metadata.uid}`;
      const own = {
        metadata: { ...template.metadata, name: uid, uid, namespace: metadata.namespace },
        spec: template.spec,
      };
      placement.place(own as Pod, (each) => each === name);
    }
    return node;
  };
  for (const { group, upcoming } of states) for (const name of upcoming) suppose(group, name);
  return {
    groups: states,
    pods,
    podsOf: (node) => ctx.informer('pods').index('node', node),
    placement,
    suppose,
  };
}
