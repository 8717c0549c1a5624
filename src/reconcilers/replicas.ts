import type { ObjectOf } from '../client/contract.ts';
import type { Pod } from '../../schema/types.ts';
import { claim } from '../control/adopt.ts';
import { conditionOf, withCondition, withoutCondition } from '../control/conditions.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { Expectations } from '../control/expectations.ts';
import { unlessGone } from '../control/conflict.ts';
import { byController, byOrphanage, controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { podFromTemplate } from '../control/pod-from-template.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminating } from '../rules/pods.ts';
import type { LabelMatcher } from '../control/selector.ts';
import { slowStart } from '../control/slow-start.ts';
import type { ObjectLike } from '../meta/object.ts';
import { formatTime } from '../meta/time.ts';
import { isStatusError } from '../meta/status.ts';
import { byDeletionOrder } from './pod-deletion-order.ts';
import { present } from '../meta/present.ts';

/** Pods that one reconcile makes or deletes at most. */
const BURST = 500;

/** What ReplicaSet and ReplicationController differ in. */
export interface ReplicasKind<R extends ReplicasResource = ReplicasResource> {
  name: string;
  account: string;
  resource: R;
  apiVersion: string;
  kind: string;
  matcher(object: ObjectOf<R>): LabelMatcher;
}
type ReplicasResource = 'replicasets.apps' | 'replicationcontrollers';
type Replicas = ObjectOf<ReplicasResource>;

/** The controller that keeps `spec.replicas` pods of a template alive. */
export function replicasReconciler<R extends ReplicasResource>(kind: ReplicasKind<R>): Reconciler {
  let expectations: Expectations | undefined;
  const expected = (ctx: Context): Expectations => (expectations ??= new Expectations(ctx.clock));
  return {
    name: kind.name,
    account: kind.account,
    indexes: {
      pods: { controller: byController, orphans: byOrphanage },
      [kind.resource]: { controller: byController },
    },
    watches: [
      {
        resource: kind.resource,
        keys(object: ObjectLike | undefined, old: ObjectLike | undefined, ctx: Context) {
          const key = keyOf((object ?? old)!);
          if (!object) expected(ctx).forget(key);
          return [key];
        },
      },
      { resource: 'pods', keys: (object, old, ctx) => podKeys(kind, expected(ctx), object, old, ctx) },
    ],
    reconcile: (key, ctx) => reconcile(kind, expected(ctx), key, ctx),
  };
}

/** Who has to look when a pod changed; counts what was expected of it. */
function podKeys(
  kind: ReplicasKind,
  expectations: Expectations,
  pod: Pod | undefined,
  old: Pod | undefined,
  ctx: Context,
): Key[] {
  const keys = new Set<Key>();
  const ownerKey = (object: Pod | undefined): Key | undefined => {
    const owner = controllerOf(object);
    return owner?.kind === kind.kind && owner.apiVersion === kind.apiVersion
      ? keyFor(object?.metadata.namespace, owner.name)
      : undefined;
  };
  const now = ownerKey(pod);
  const before = ownerKey(old);
  if (now && pod && !old) expectations.creationSeen(now);
  const gone = !pod || pod.metadata.deletionTimestamp;
  if (gone && (now ?? before)) expectations.deletionSeen((now ?? before)!, (pod ?? old)!.metadata.uid);
  if (now) keys.add(now);
  if (before) keys.add(before);
  if (pod && !controllerOf(pod) && !pod.metadata.deletionTimestamp) {
    for (const set of ctx.informer(kind.resource).list(pod.metadata.namespace ?? '')) {
      if (kind.matcher(set)(pod.metadata.labels)) keys.add(keyOf(set));
    }
  }
  return [...keys];
}

async function reconcile(kind: ReplicasKind, expectations: Expectations, key: Key, ctx: Context): Promise<void> {
  const { namespace, name } = splitKey(key);
  const set = ctx.informer(kind.resource).get(namespace, name);
  if (!set) return expectations.forget(key);
  const settled = expectations.satisfied(key);
  const pods = ctx.informer('pods');
  const claimed = await claim({
    client: ctx.client,
    resource: 'pods',
    owner: set,
    ownerResource: kind.resource,
    reference: controllerRef(set, kind.apiVersion, kind.kind),
    matches: kind.matcher(set),
    owned: pods.index('controller', set.metadata.uid),
    orphans: pods.index('orphans', namespace).filter(isPodActive),
  });
  const active = claimed.filter(isPodActive);
  const diff = active.length - (set.spec?.replicas ?? 1);
  let error: unknown;
  if (settled && !set.metadata.deletionTimestamp && diff !== 0) {
    error =
      diff < 0
        ? await grow(kind, expectations, key, set, -diff, ctx)
        : await shrink(kind, expectations, key, set, active, diff, ctx);
  }
  await writeStatus(kind, set, claimed, diff, error, ctx);
  if (error) throw error;
}

async function grow(
  kind: ReplicasKind,
  expectations: Expectations,
  key: Key,
  set: Replicas,
  missing: number,
  ctx: Context,
): Promise<unknown> {
  const count = Math.min(missing, BURST);
  const pod = podFromTemplate(set.spec?.template, set, controllerRef(set, kind.apiVersion, kind.kind));
  const about = { ...set, apiVersion: kind.apiVersion, kind: kind.kind };
  expectations.expectCreations(key, count);
  let terminating = false;
  const { done, error } = await slowStart(count, async () => {
    try {
      const created = await ctx.client.create('pods', pod);
      ctx.events.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (failure) {
      // In a namespace that goes away every create fails, for a reason that needs no telling.
      if (
        isStatusError(failure) &&
        failure.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')
      ) {
        terminating = true;
      } else ctx.events.event(about, 'Warning', 'FailedCreate', `Error creating: ${(failure as Error).message}`);
      throw failure;
    }
  });
  expectations.creationSeen(key, count - done);
  return terminating ? undefined : error;
}

async function shrink(
  kind: ReplicasKind,
  expectations: Expectations,
  key: Key,
  set: Replicas,
  active: Pod[],
  surplus: number,
  ctx: Context,
): Promise<unknown> {
  const victims = byDeletionOrder(active, crowding(kind, set, ctx), ctx.clock.now()).slice(0, Math.min(surplus, BURST));
  const about = { ...set, apiVersion: kind.apiVersion, kind: kind.kind };
  expectations.expectDeletions(
    key,
    victims.map((pod) => pod.metadata.uid),
  );
  let error: unknown;
  await Promise.all(
    victims.map(async (pod) => {
      try {
        await ctx.client.delete('pods', pod.metadata.namespace!, pod.metadata.name, { uid: pod.metadata.uid });
        ctx.events.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (failure) {
        expectations.deletionSeen(key, pod.metadata.uid);
        if (isStatusError(failure, 'NotFound')) return;
        ctx.events.event(about, 'Warning', 'FailedDelete', `Error deleting: ${(failure as Error).message}`);
        error ??= failure;
      }
    }),
  );
  return error;
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

async function writeStatus(
  kind: ReplicasKind,
  set: Replicas,
  claimed: Pod[],
  diff: number,
  error: unknown,
  ctx: Context,
): Promise<void> {
  const now = ctx.clock.now();
  const minReady = set.spec?.minReadySeconds ?? 0;
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const active = claimed.filter(isPodActive);
  const old = set.status ?? { replicas: 0 };
  let conditions = old.conditions;
  if (error && !conditionOf(conditions, 'ReplicaFailure')) {
    const reason = diff < 0 ? 'FailedCreate' : 'FailedDelete';
    const message = (error as Error).message;
    conditions = withCondition(conditions, {
      type: 'ReplicaFailure',
      status: 'True',
      reason,
      message,
      lastTransitionTime: formatTime(now),
    });
  } else if (!error) conditions = withoutCondition(conditions, 'ReplicaFailure');
  const status: NonNullable<Replicas['status']> = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReady, now)).length,
    ...(kind.kind === 'ReplicaSet' && { terminatingReplicas: claimed.filter(isPodTerminating).length }),
    ...present({ observedGeneration: set.metadata.generation }),
    ...(conditions?.length && { conditions }),
  };
  if (!semanticEqual({ fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...old }, status)) {
    await unlessGone(ctx.client.update(kind.resource, { ...set, status }, 'status'));
  }
  // A pod becomes available by the passing of time alone, of which no event tells.
  if (minReady > 0 && status.readyReplicas !== status.availableReplicas) ctx.enqueueAfter(keyOf(set), minReady * 1000);
}
