import type { ControllerRevision, Pod, StatefulSet } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { byController, byOrphanage, keyOf, splitKey } from '../control/keys.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../rules/pods.ts';
import { claimPods, POD_INDEXES, podOwnerKeys, type PodOwner } from '../control/pod-owner.ts';
import { isEmptySelector, labelMatcher } from '../control/selector.ts';
import { canonicalJson } from '../meta/canonical-json.ts';
import { fnv32a } from '../go/fnv.ts';
import { safeEncode } from '../meta/names-generate.ts';
import { currentRevision, REVISIONS, revisionsOf, trimHistory, type RevisionedOwner } from './revisions.ts';
import { ordinalOf, REVISION_LABEL } from './statefulset-pods.ts';
import { StatefulRollout } from './statefulset-rollout.ts';
import { present } from '../meta/present.ts';

const RESOURCE = 'statefulsets.apps';
const KIND: PodOwner<typeof RESOURCE> = {
  resource: RESOURCE,
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  selects: ({ spec }) => labelMatcher(spec?.selector),
};

/** Keeps pods with names and disks of their own: made from the first to the last, taken away from the last to the first. */
export const statefulset: Reconciler = {
  name: 'statefulset',
  indexes: {
    pods: POD_INDEXES,
    [REVISIONS]: { controller: byController, orphans: byOrphanage },
  },
  watches: [
    { resource: RESOURCE },
    { resource: 'pods', keys: (pod, old, ctx) => podOwnerKeys(KIND, pod, old, ctx) },
    { resource: 'persistentvolumeclaims', keys: () => [] },
    { resource: REVISIONS, keys: () => [] },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const found = ctx.informer(RESOURCE).get(namespace, name);
    if (!found || found.metadata.deletionTimestamp || isEmptySelector(found.spec?.selector)) return;
    await sync({ ...found, apiVersion: 'apps/v1', kind: 'StatefulSet' }, ctx);
  },
};

async function sync(set: StatefulSet, ctx: Context): Promise<void> {
  const owner: RevisionedOwner = {
    object: set,
    resource: RESOURCE,
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    template: set.spec!.template,
    hashLabel: 'controller.kubernetes.io/hash',
    // Over the revision's JSON, and the number of collisions as text.
    hash: (data, count) => safeEncode(String(fnv32a(`${canonicalJson(data)}${count ?? 0}`))),
    annotations: { ...set.metadata.annotations },
  };
  const revisions = await revisionsOf(owner, ctx);
  const { revision: update, collisions } = await currentRevision(
    owner,
    revisions,
    set.status?.collisionCount ?? 0,
    ctx,
  );
  const current = [...revisions.keys()].find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  // A pod whose name is none of the set's ordinals cannot be one of it.
  const pods = await claimPods(KIND, set, ctx, (pod) => ordinalOf(set, pod) >= 0);
  let failure: unknown;
  try {
    await new StatefulRollout(set, pods, current, update, ctx).run();
  } catch (error) {
    failure = error;
  }
  await writeStatus(set, pods, current, update, collisions, ctx);
  if (failure) throw failure;
  const used = new Set([
    current.metadata.name,
    update.metadata.name,
    ...pods.map((pod) => pod.metadata.labels?.[REVISION_LABEL]),
  ]);
  await trimHistory(owner, revisions, (revision: ControllerRevision) => used.has(revision.metadata.name), ctx);
}

async function writeStatus(
  set: StatefulSet,
  before: readonly Pod[],
  current: ControllerRevision,
  update: ControllerRevision,
  collisions: number,
  ctx: Context,
): Promise<void> {
  const now = ctx.clock.now();
  // What was made or deleted just now is seen here already when the cache has it.
  const informer = ctx.informer('pods');
  const seen = informer.index('controller', set.metadata.uid);
  const pods = (seen.length >= before.length ? seen : before).filter(
    (pod) => ordinalOf(set, pod) >= 0 && !isPodTerminal(pod),
  );
  const minReady = set.spec?.minReadySeconds ?? 0;
  const of = (revision: ControllerRevision): Pod[] =>
    pods.filter(
      (pod) => !pod.metadata.deletionTimestamp && pod.metadata.labels?.[REVISION_LABEL] === revision.metadata.name,
    );
  const available = pods.filter((pod) => isPodAvailable(pod, minReady, now)).length;
  const ready = pods.filter(isPodReady).length;
  const status: NonNullable<StatefulSet['status']> = {
    ...present({ observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: available,
    currentReplicas: of(current).length,
    updatedReplicas: of(update).length,
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: collisions,
  };
  const wanted = set.spec?.replicas ?? 1;
  const rolled =
    set.spec?.updateStrategy?.type !== 'OnDelete' &&
    status.updatedReplicas === wanted &&
    pods.length === wanted &&
    ready === wanted;
  if (rolled)
    Object.assign(status, { currentReplicas: status.updatedReplicas, currentRevision: status.updateRevision });
  const zero = { readyReplicas: 0, availableReplicas: 0, currentReplicas: 0, updatedReplicas: 0 };
  if (!semanticEqual({ ...zero, ...set.status, conditions: undefined }, status)) {
    await unlessGone(ctx.client.update(RESOURCE, { ...set, status: { ...set.status, ...status } }, 'status'));
  }
  if (minReady > 0 && ready !== available) ctx.enqueueAfter(keyOf(set), minReady * 1000);
}
