import type { DaemonSet, Node, Pod } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf } from '../control/keys.ts';
import { present } from '../meta/present.ts';
import { isPodAvailable, isPodReady } from '../rules/pods.ts';
import { placement } from './daemonset-nodes.ts';
import { HASH } from './daemonset-pods.ts';

const RESOURCE = 'daemonsets.apps';

/** Counts nodes and pods, and writes what has changed. @param byNode the set's pods by the node that each is for */
export async function writeDaemonStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, Pod[]>,
  hash: string,
  collisions: number,
  ctx: Context,
): Promise<void> {
  const now = ctx.clock.now();
  const minReady = set.spec?.minReadySeconds ?? 0;
  const status = {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
    numberUnavailable: 0,
    ...present({ observedGeneration: set.metadata.generation }),
    ...(collisions > 0 && { collisionCount: collisions }),
  };
  for (const node of nodes) {
    const here = byNode.get(node.metadata.name) ?? [];
    const { run } = placement(set, node);
    if (!run) {
      if (here.length > 0) status.numberMisscheduled++;
      continue;
    }
    status.desiredNumberScheduled++;
    if (here.length === 0) continue;
    status.currentNumberScheduled++;
    const pod = [...here].sort((a, b) => Number(isPodReady(b)) - Number(isPodReady(a)))[0]!;
    if (isPodReady(pod)) status.numberReady++;
    if (isPodAvailable(pod, minReady, now)) status.numberAvailable++;
    if (here.some((one) => one.metadata.labels?.[HASH] === hash)) status.updatedNumberScheduled++;
  }
  status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable;
  const zero = { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0 };
  if (!semanticEqual({ ...zero, ...set.status, conditions: undefined }, status)) {
    await unlessGone(ctx.client.update(RESOURCE, { ...set, status: { ...set.status, ...status } }, 'status'));
  }
  if (minReady > 0 && status.numberReady !== status.numberAvailable) ctx.enqueueAfter(keyOf(set), minReady * 1000);
}
