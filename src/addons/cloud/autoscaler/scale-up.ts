import type { Node, Pod } from '../../../../schema/types.ts';
import type { Context, EventSubject } from '../../../control/contract.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { amountsOf, podAmounts, rounded } from '../../../rules/pod-amounts.ts';
import type { NodeGroup } from '../provider.ts';
import { aboutPod } from '../subjects.ts';
import type { ClusterState, GroupState } from './cluster-state.ts';

/** ms of thought before others of this thread have their turn: leases are renewed there, too */
const SLICE_MS = 50;
const FULL = 'max node group size reached';

/** What one group could do about the pods that wait. */
interface Option {
  state: GroupState;
  nodes: Node[];
  pods: Pod[];
  /** of what the new nodes have, what these pods leave unused: 0 … 1 of processor and memory together */
  waste: number;
}

export interface ScaleUpOptions {
  state: ClusterState;
  /** the pods that no node was found for, and whose turn it is */
  waiting: readonly Pod[];
  ctx: Context;
  /** what events about the cluster as a whole are about */
  about: EventSubject;
  /** groups that have failed a moment ago */
  isBackedOff(group: NodeGroup): boolean;
  failed(group: NodeGroup): void;
}

/**
 * Makes nodes for pods that fit nowhere, one group after the other: the one that leaves least unused first.
 * @returns whether any node is to come
 */
export async function scaleUp(options: ScaleUpOptions): Promise<boolean> {
  const { state, ctx } = options;
  const breaks = new Breaks();
  let waiting: Pod[] = [];
  for (const pod of options.waiting.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    // On nodes that are to come, or on room that was made meanwhile.
    if (!('node' in state.placement.place(pod))) waiting.push(pod);
    await breaks.take();
  }
  let grew = false;
  const refusals = new Map<string, string[]>();
  while (waiting.length) {
    refusals.clear();
    const found: Option[] = [];
    for (const group of state.groups) {
      const option = await optionOf(group, waiting, options, refusals, breaks);
      if (option) found.push(option);
    }
    const [best] = found.sort((a, b) => a.waste - b.waste || b.pods.length - a.pods.length);
    if (!best) break;
    if (!(await grow(best, options))) continue;
    grew = true;
    const helped = new Set(best.pods);
    waiting = waiting.filter((pod) => !helped.has(pod));
  }
  for (const pod of waiting) {
    const why = count(refusals.get(pod.metadata.uid) ?? []);
    const message = `pod didn't trigger scale-up: ${why}`;
    ctx.events.event(aboutPod(pod), 'Normal', 'NotTriggerScaleUp', message.replace(/: $/, ''));
  }
  return grew;
}

/** As many nodes of the group as it takes, and may have; the placement is as it was afterwards. */
async function optionOf(
  group: GroupState,
  waiting: readonly Pod[],
  { state, isBackedOff }: ScaleUpOptions,
  refusals: Map<string, string[]>,
  breaks: Breaks,
): Promise<Option | undefined> {
  const { placement } = state;
  const { id, targetSize, maxSize } = group.group;
  const room = maxSize - targetSize;
  const nodes: Node[] = [];
  const pods: Pod[] = [];
  const names = new Set<string>();
  const add = (): void => {
    const name = `${id}-supposed-${targetSize + nodes.length}`;
    nodes.push(state.suppose(group.group, name));
    names.add(name);
  };
  const refuse = (pod: Pod, why: string): void => {
    const { uid } = pod.metadata;
    refusals.set(uid, [...(refusals.get(uid) ?? []), why]);
  };
  const isBackingOff = isBackedOff(group.group);
  if (isBackingOff || room <= 0) {
    for (const pod of waiting) refuse(pod, isBackingOff ? 'in backoff after failed scale-up' : FULL);
    return undefined;
  }
  for (const pod of waiting) {
    let placed = placement.place(pod, (name) => names.has(name));
    if (!('node' in placed) && nodes.length < room) {
      add();
      const newest = nodes.at(-1)!.metadata.name;
      placed = placement.place(pod, (name) => name === newest);
      if (!('node' in placed)) {
        nodes.pop();
        names.delete(newest);
        placement.removeNode(newest);
      }
    }
    if ('node' in placed) pods.push(pod);
    else refuse(pod, nodes.length >= room ? FULL : placed.message.replace(/^1 /, ''));
    await breaks.take();
  }
  for (const name of names) placement.removeNode(name);
  return pods.length ? { state: group, nodes, pods, waste: wasteOf(nodes, pods) } : undefined;
}

async function grow({ state: { group }, nodes, pods }: Option, options: ScaleUpOptions): Promise<boolean> {
  const { ctx, about, state, failed } = options;
  const before = group.targetSize;
  const after = before + nodes.length;
  const size = `${after} instead of ${before} (max: ${group.maxSize})`;
  try {
    await group.increase(nodes.length);
  } catch (error) {
    failed(group);
    const message = `Scale-up failed for group ${group.id}: ${errorMessage(error)}`;
    ctx.events.event(about, 'Warning', 'FailedToScaleUpGroup', message);
    ctx.log('a node group does not grow', { group: group.id, error: errorMessage(error) });
    return false;
  }
  ctx.events.event(about, 'Normal', 'ScaledUpGroup', `Scale-up: group ${group.id} size set to ${size}`);
  for (const pod of pods) {
    const how = `pod triggered scale-up: [{${group.id} ${before}->${after} (max: ${group.maxSize})}]`;
    ctx.events.event(aboutPod(pod), 'Normal', 'TriggeredScaleUp', how);
  }
  for (const node of nodes) state.suppose(group, node.metadata.name);
  for (const pod of pods) state.placement.place(pod);
  return true;
}

class Breaks {
  private since = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.since < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.since = performance.now();
  }
}

/** `2 Insufficient cpu, 1 max node group size reached`: by how many groups. */
function count(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, n]) => `${n} ${reason}`).join(', ');
}

const GIB = 1024 ** 3;
/** Processors, and one more for each 4 GiB: pods that need much come first, while there is room for them. */
const sizeOf = (pod: Pod): number => {
  const { cpu = 0, memory = 0 } = podAmounts(pod.spec, 'requests', rounded);
  return cpu / 1000 + memory / (4 * GIB);
};

function wasteOf(nodes: readonly Node[], pods: readonly Pod[]): number {
  const shareOf = (resource: 'cpu' | 'memory'): number => {
    const have = nodes.reduce((sum, { status }) => sum + (amountsOf(status?.allocatable, rounded)[resource] ?? 0), 0);
    const used = pods.reduce((sum, pod) => sum + (podAmounts(pod.spec, 'requests', rounded)[resource] ?? 0), 0);
    return have ? Math.max(0, have - used) / have : 0;
  };
  return (shareOf('cpu') + shareOf('memory')) / 2;
}
