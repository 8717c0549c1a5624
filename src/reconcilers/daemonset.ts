import type { ControllerRevision, DaemonSet, Node, Pod } from '../../schema/types.ts';
import { claim } from '../control/adopt.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { Expectations } from '../control/expectations.ts';
import { byController, byOrphanage, controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { scaledValue } from '../control/percent.ts';
import { podTemplateHash } from '../control/pod-template-hash.ts';
import { podFromTemplate } from '../control/pod-from-template.ts';
import { isPodAvailable, isPodReady } from '../rules/pods.ts';
import { isEmptySelector, labelMatcher } from '../control/selector.ts';
import { slowStart } from '../control/slow-start.ts';
import { affinityTo, daemonTolerations, nodeOfDaemonPod, placement } from './daemonset-nodes.ts';
import { currentRevision, REVISIONS, revisionsOf, trimHistory, type RevisionedOwner } from './revisions.ts';
import { present } from '../meta/present.ts';

const RESOURCE = 'daemonsets.apps';
const HASH = 'controller-revision-hash';
const GENERATION = 'deprecated.daemonset.template.generation';
/** Pods made or deleted by one reconcile. */
const BURST = 250;

/** Keeps one pod of the template on every node that suits it, and rolls new templates out node by node. */
export function daemonset(): Reconciler {
  let expectations: Expectations | undefined;
  const expected = (ctx: Context): Expectations => (expectations ??= new Expectations(ctx.clock));
  return {
    name: 'daemon-set',
    source: 'daemonset-controller',
    indexes: {
      pods: { controller: byController, orphans: byOrphanage },
      [REVISIONS]: { controller: byController, orphans: byOrphanage },
    },
    watches: [
      { resource: RESOURCE },
      { resource: 'pods', keys: (pod, old, ctx) => podKeys(pod, old, expected(ctx)) },
      { resource: REVISIONS, keys: () => [] },
      {
        resource: 'nodes',
        *keys(node, old, ctx) {
          const same =
            node &&
            old &&
            semanticEqual(node.metadata.labels, old.metadata.labels) &&
            semanticEqual(node['spec'], old['spec']);
          if (!same) for (const set of ctx.informer(RESOURCE).list()) yield keyOf(set);
        },
      },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const set = ctx.informer(RESOURCE).get(namespace, name);
      if (!set) return expected(ctx).forget(key);
      if (set.metadata.deletionTimestamp) return;
      const about = { ...set, apiVersion: 'apps/v1', kind: 'DaemonSet' };
      if (isEmptySelector(set.spec?.selector)) {
        ctx.events.event(
          about,
          'Warning',
          'SelectingAll',
          'This daemon set is selecting all pods. A non-empty selector is required.',
        );
        return;
      }
      await sync(about, expected(ctx), key, ctx);
    },
  };
}

function* podKeys(pod: Pod | undefined, old: Pod | undefined, expectations: Expectations): Iterable<Key> {
  const owner = controllerOf((pod ?? old)!);
  if (owner?.kind !== 'DaemonSet') return;
  const key = keyFor((pod ?? old)!.metadata.namespace, owner.name);
  if (pod && !old) expectations.creationSeen(key);
  if (!pod || pod.metadata.deletionTimestamp) expectations.deletionSeen(key, (pod ?? old)!.metadata.uid);
  yield key;
}

async function sync(set: DaemonSet, expectations: Expectations, key: Key, ctx: Context): Promise<void> {
  const owner: RevisionedOwner = {
    object: set,
    resource: RESOURCE,
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    template: set.spec!.template,
    hashLabel: HASH,
    hash: (_data, count) => podTemplateHash(set.spec!.template, count),
    annotations: { ...set.metadata.annotations },
  };
  const revisions = await revisionsOf(owner, ctx);
  const { revision, collisions } = await currentRevision(owner, revisions, set.status?.collisionCount ?? 0, ctx);
  const hash = revision.metadata.labels?.[HASH] ?? '';
  const pods = await podsOf(set, ctx);
  const nodes = ctx.informer('nodes').list();
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOfDaemonPod(pod) ?? '';
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  if (expectations.satisfied(key)) {
    await place(set, nodes, byNode, hash, expectations, key, ctx);
    if (expectations.satisfied(key) && set.spec?.updateStrategy?.type !== 'OnDelete') {
      await roll(set, nodes, byNode, hash, expectations, key, ctx);
    }
  }
  const used = new Set(pods.map((pod) => pod.metadata.labels?.[HASH]));
  await trimHistory(
    owner,
    revisions,
    (old: ControllerRevision) => old.metadata.name === revision.metadata.name || used.has(old.metadata.labels?.[HASH]),
    ctx,
  );
  await writeStatus(set, nodes, byNode, hash, collisions, ctx);
}

async function podsOf(set: DaemonSet, ctx: Context): Promise<Pod[]> {
  const informer = ctx.informer('pods');
  return claim({
    client: ctx.client,
    resource: 'pods',
    owner: set,
    ownerResource: RESOURCE,
    reference: controllerRef(set, 'apps/v1', 'DaemonSet'),
    matches: labelMatcher(set.spec?.selector),
    owned: informer.index('controller', set.metadata.uid),
    orphans: informer.index('orphans', set.metadata.namespace ?? ''),
  });
}

/** Pods where they are missing; none where they do not belong, more than one, or one that has failed. */
async function place(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: Map<string, Pod[]>,
  hash: string,
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<void> {
  const missing: string[] = [];
  const surplus: Pod[] = [];
  for (const node of nodes) {
    const { run, stay } = placement(set, node);
    const here = byNode.get(node.metadata.name) ?? [];
    const living = here.filter((pod) => !pod.metadata.deletionTimestamp && !isFailed(pod));
    for (const pod of here) {
      if (!isFailed(pod) || pod.metadata.deletionTimestamp) continue;
      ctx.events.event(
        set,
        'Warning',
        'FailedDaemonPod',
        `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node.metadata.name}, will try to kill it`,
      );
      surplus.push(pod);
    }
    if (run && here.length === 0) missing.push(node.metadata.name);
    else if (!stay) surplus.push(...living);
    else if (living.length > 1 && surge(set, nodes.length) === 0) {
      surplus.push(
        ...living
          .sort(
            (a, b) =>
              Number(isPodReady(b)) - Number(isPodReady(a)) ||
              (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1),
          )
          .slice(1),
      );
    }
  }
  await create(set, missing.slice(0, BURST), hash, expectations, key, ctx);
  await remove(set, surplus.slice(0, BURST), expectations, key, ctx, missing.length > 0);
}

const isFailed = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
const surge = (set: DaemonSet, total: number): number =>
  scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxSurge, total, true);

async function create(
  set: DaemonSet,
  nodes: readonly string[],
  hash: string,
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<void> {
  if (nodes.length === 0) return;
  const template = set.spec!.template;
  const base = podFromTemplate(template, set, controllerRef(set, 'apps/v1', 'DaemonSet'));
  const generation = set.metadata.annotations?.[GENERATION] ?? String(set.metadata.generation ?? 1);
  base.metadata.labels = { ...base.metadata.labels, [HASH]: hash, 'pod-template-generation': generation };
  const own = base.spec?.tolerations ?? [];
  const added = daemonTolerations(!!base.spec?.hostNetwork).filter(
    (toleration) => !own.some((other) => semanticEqual(other, toleration)),
  );
  base.spec!.tolerations = [...own, ...added];
  expectations.expectCreations(key, nodes.length);
  const { done, error } = await slowStart(nodes.length, async (i) => {
    try {
      const pod = { ...base, spec: { ...base.spec!, affinity: affinityTo(nodes[i]!, template.spec?.affinity) } };
      const created = await ctx.client.create('pods', pod);
      ctx.events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (failure) {
      ctx.events.event(set, 'Warning', 'FailedCreate', `Error creating: ${(failure as Error).message}`);
      throw failure;
    }
  });
  expectations.creationSeen(key, nodes.length - done);
  if (error) throw error;
}

async function remove(
  set: DaemonSet,
  pods: readonly Pod[],
  expectations: Expectations,
  key: Key,
  ctx: Context,
  creating = false,
): Promise<void> {
  if (pods.length === 0) return;
  if (!creating)
    expectations.expectDeletions(
      key,
      pods.map(({ metadata }) => metadata.uid),
    );
  for (const { metadata } of pods) {
    await unlessGone(ctx.client.delete('pods', metadata.namespace ?? '', metadata.name, { uid: metadata.uid }));
    ctx.events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`);
  }
}

/** Replaces old pods: as many nodes at once as may be unavailable, or new pods beside the old ones with a surge. */
async function roll(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: Map<string, Pod[]>,
  hash: string,
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<void> {
  const suited = nodes.filter((node) => placement(set, node).run);
  const maxSurge = surge(set, suited.length);
  let unavailable = scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, suited.length, true);
  if (maxSurge === 0 && unavailable === 0) unavailable = 1;
  const now = ctx.clock.now();
  const minReady = set.spec?.minReadySeconds ?? 0;
  const doomed: Pod[] = [];
  const healthy: Pod[] = [];
  const extra: string[] = [];
  let surging = 0;
  let down = 0;
  for (const { metadata } of suited) {
    const living = (byNode.get(metadata.name) ?? []).filter((pod) => !pod.metadata.deletionTimestamp);
    const fresh = living.find((pod) => pod.metadata.labels?.[HASH] === hash);
    const old = living.find((pod) => pod.metadata.labels?.[HASH] !== hash);
    const up = (pod: Pod | undefined): boolean => !!pod && isPodAvailable(pod, minReady, now);
    if (!up(fresh) && !up(old)) down++;
    if (!old) continue;
    if (maxSurge > 0) {
      if (!fresh && up(old)) extra.push(metadata.name);
      else if (fresh && !up(fresh) && up(old)) surging++;
      else doomed.push(old);
    } else if (!up(old)) doomed.push(old);
    else healthy.push(old);
  }
  if (maxSurge === 0) doomed.push(...healthy.slice(0, Math.max(0, unavailable - down)));
  await remove(set, doomed.slice(0, BURST), expectations, key, ctx);
  await create(set, extra.slice(0, Math.max(0, maxSurge - surging)), hash, expectations, key, ctx);
}

async function writeStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: Map<string, Pod[]>,
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
