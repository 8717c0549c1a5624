import type { Node, Pod, Taint } from '../../../../schema/types.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Context, EventSubject } from '../../../control/contract.ts';
import { keyOf } from '../../../control/keys.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { TO_BE_DELETED } from '../../../rules/nodes.ts';
import { isPodTerminal } from '../../../rules/pods.ts';
import type { AutoscalerSettings } from '../node-group-settings.ts';
import type { NodeGroup } from '../provider.ts';
import { aboutNode, aboutPod } from '../subjects.ts';
import { writeTaints } from '../write-taints.ts';
import { movablePods } from './pod-rules.ts';
import type { Unneeded } from './scale-down.ts';

/** Begins to take a node away: no pod may come. That it is marked is all the record there is, and outlives a restart. */
export async function mark({ node, pods, utilization }: Unneeded, ctx: Context, about: EventSubject): Promise<void> {
  const { name } = node.metadata;
  const value = String(Math.floor(ctx.clock.now() / 1000));
  const taints: Taint[] = [...(node.spec?.taints ?? []), { key: TO_BE_DELETED, value, effect: 'NoSchedule' }];
  if (!(await writeTaints(node, taints, ctx))) return;
  ctx.events.event(aboutNode(node), 'Normal', 'ScaleDown', 'marked the node as toBeDeleted/unschedulable');
  const names = pods.map(({ metadata }) => metadata.name).join(',');
  const used = `utilization: ${utilization.toFixed(2)}, pods to reschedule: ${names}`;
  if (!pods.length) ctx.events.event(about, 'Normal', 'ScaleDownEmpty', `Scale-down: removing empty node "${name}"`);
  else ctx.events.event(about, 'Normal', 'ScaleDown', `Scale-down: removing node ${name}, ${used}`);
}

/** `left`: it goes on; `gone`, and `failed`: the node stays, and may be used again. */
export type Removal = 'left' | 'gone' | 'failed';

/** One step of taking a marked node away: its pods are evicted, as budgets let them, and without any it ends. */
export async function removeNode(
  node: Node,
  group: NodeGroup,
  pods: readonly Pod[],
  settings: AutoscalerSettings,
  ctx: Context,
  about: EventSubject,
): Promise<Removal> {
  const { name } = node.metadata;
  const moving = movablePods(pods);
  const blocked: string[] = [];
  for (const pod of moving) if (!pod.metadata.deletionTimestamp && !(await evict(pod, ctx))) blocked.push(keyOf(pod));
  const begun = Number(node.spec?.taints?.find(({ key }) => key === TO_BE_DELETED)?.value ?? 0) * 1000;
  if (blocked.length) {
    if (ctx.clock.now() - begun < settings.maxPodEvictionTime) return 'left';
    return giveUp(node, `failed to drain the node: pods remaining after timeout: ${blocked.join(', ')}`, ctx);
  }
  const end = begun + settings.maxPodEvictionTime + settings.maxGracefulTermination;
  if (moving.some((pod) => !isPodTerminal(pod)) && ctx.clock.now() < end) return 'left';
  try {
    await group.delete(name);
  } catch (error) {
    return giveUp(node, `failed to delete the node: ${errorMessage(error)}`, ctx);
  }
  ctx.events.event(aboutNode(node), 'Normal', 'ScaleDown', 'node removed by cluster autoscaler');
  ctx.events.event(about, 'Normal', 'ScaleDown', `Scale-down: node ${name} removed`);
  return 'gone';
}

/** @returns false where it may not go yet */
async function evict(pod: Pod, ctx: Context): Promise<boolean> {
  const { namespace = '', name, uid } = pod.metadata;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    await unlessGone(ctx.client.create('pods', eviction, { subresource: 'eviction', name }));
  } catch (error) {
    ctx.log('a pod is not evicted', { pod: keyOf(pod), error: errorMessage(error) });
    return false;
  }
  ctx.events.event(aboutPod(pod), 'Normal', 'ScaleDown', 'deleting pod for node scale down');
  return true;
}

async function giveUp(node: Node, why: string, ctx: Context): Promise<Removal> {
  ctx.events.event(aboutNode(node), 'Warning', 'ScaleDownFailed', why);
  const taints = (node.spec?.taints ?? []).filter(({ key }) => key !== TO_BE_DELETED);
  await writeTaints(node, taints, ctx);
  return 'failed';
}
