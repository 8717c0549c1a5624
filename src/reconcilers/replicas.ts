import type { Pod } from '../../schema/types.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { byController, controllerOf, splitKey } from '../control/keys.ts';
import { PodControl } from '../control/pod-control.ts';
import { POD_INDEXES } from '../control/pod-owner.ts';
import type { ObjectLike } from '../meta/object.ts';
import { isPodActive } from '../rules/pods.ts';
import { byDeletionOrder } from './pod-deletion-order.ts';
import type { Replicas, ReplicasKind, ReplicasResource } from './replicas-kind.ts';
import { writeReplicasStatus, type ReplicaFailure } from './replicas-status.ts';

/** Pods that one reconcile makes or deletes at most. */
const BURST = 500;

/** The controller that keeps `spec.replicas` pods of a template alive. */
export function replicasReconciler<R extends ReplicasResource>(kind: ReplicasKind<R>): Reconciler {
  const control = new PodControl<ReplicasResource>(kind);
  return {
    name: kind.name,
    indexes: { pods: POD_INDEXES, [kind.resource]: { controller: byController } },
    watches: [
      {
        resource: kind.resource,
        keys: (set: ObjectLike | undefined, old: ObjectLike | undefined) => control.ownerKeys(set, old),
      },
      { resource: 'pods', keys: (pod, old, ctx) => control.podKeys(pod, old, ctx) },
    ],
    reconcile: (key, ctx) => reconcile(kind, control, key, ctx),
  };
}

async function reconcile(
  kind: ReplicasKind,
  control: PodControl<ReplicasResource>,
  key: Key,
  ctx: Context,
): Promise<void> {
  const { namespace, name } = splitKey(key);
  const set = ctx.informer(kind.resource).get(namespace, name);
  if (!set) return;
  const settled = control.settled(set, ctx);
  const claimed = await control.claim(set, ctx, isPodActive);
  const active = claimed.filter(isPodActive);
  const diff = active.length - (set.spec?.replicas ?? 1);
  const failure =
    settled && !set.metadata.deletionTimestamp ? await resize(kind, control, set, active, diff, ctx) : undefined;
  await writeReplicasStatus(kind, set, claimed, failure, ctx);
  if (failure) throw failure.error;
}

/** Makes what is missing (`diff` below 0) or deletes what is too much. */
async function resize(
  kind: ReplicasKind,
  control: PodControl<ReplicasResource>,
  set: Replicas,
  active: readonly Pod[],
  diff: number,
  ctx: Context,
): Promise<ReplicaFailure | undefined> {
  if (diff < 0) {
    const pod = control.podOf(set, set.spec?.template);
    const { error } = await control.create(set, Math.min(-diff, BURST), () => pod, ctx);
    return error ? { reason: 'FailedCreate', error } : undefined;
  }
  if (diff === 0) return undefined;
  const order = byDeletionOrder(active, crowding(kind, set, ctx), ctx.clock.now());
  const { error } = await control.delete(set, order.slice(0, Math.min(diff, BURST)), ctx);
  return error ? { reason: 'FailedDelete', error } : undefined;
}

/** Active pods per node of all sets that belong to the same owner (all revisions of one Deployment). */
function crowding(kind: ReplicasKind, set: Replicas, ctx: Context): Map<string, number> {
  const owner = controllerOf(set);
  const siblings = owner ? ctx.informer(kind.resource).index('controller', owner.uid) : [set];
  const perNode = new Map<string, number>();
  for (const sibling of siblings) {
    for (const pod of ctx.informer('pods').index('controller', sibling.metadata.uid)) {
      const node = pod.spec?.nodeName;
      if (node && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    }
  }
  return perNode;
}
