import type { LabelSelector, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { timeMs } from '../meta/time.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { controllerOf, keyOf, splitKey } from '../control/keys.ts';
import { scaledValue } from '../control/percent.ts';
import { printSelector } from '../go/print-selector.ts';
import { isPodReady, isPodTerminal } from '../rules/pods.ts';
import { labelMatcher } from '../control/selector.ts';
import type { OwnerReference } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import { present } from '../meta/present.ts';

const RESOURCE = 'poddisruptionbudgets.policy';
/** How long an eviction may take to show in the cache, ms; then it is taken for failed. */
const EVICTION_TIME = 120_000;

/** Whose size is read from the object itself, without its scale subresource. */
const SCALED = ['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'replicationcontrollers'] as const;
type Scaled = ObjectOf<(typeof SCALED)[number]>;

/** Counts how many pods of a budget may be evicted now. */
export const disruption: Reconciler = {
  name: 'disruption',
  source: 'controllermanager',
  watches: [
    { resource: RESOURCE },
    { resource: 'pods', keys: budgetsOf },
    ...SCALED.map((resource) => ({
      resource,
      *keys(object: Scaled | undefined, old: Scaled | undefined, ctx: Context): Iterable<Key> {
        if (object && old && object.spec?.replicas === old.spec?.replicas) return;
        for (const budget of ctx.informer(RESOURCE).list((object ?? old)!.metadata.namespace)) yield keyOf(budget);
      },
    })),
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const budget = ctx.informer(RESOURCE).get(namespace, name);
    if (!budget) return;
    const matches = labelMatcher(budget.spec?.selector);
    const pods = ctx
      .informer('pods')
      .list(namespace)
      .filter((pod) => matches(pod.metadata.labels) && !isPodTerminal(pod));
    const about = { ...budget, apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
    if (pods.length === 0) ctx.events.event(about, 'Normal', 'NoPods', 'No matching pods found');
    let counts: Expected;
    try {
      counts = await expectedCount(budget, pods, ctx);
    } catch (error) {
      ctx.events.event(
        about,
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${errorMessage(error)}`,
      );
      return writeStatus(
        budget,
        { disruptionsAllowed: 0 },
        { status: 'False', reason: 'SyncFailed', message: errorMessage(error) },
        ctx,
      );
    }
    if (counts.unmanaged) ctx.events.event(about, 'Warning', 'UnmanagedPods', unmanagedPods(budget.spec?.selector));
    const disruptedPods = stillDisrupted(budget, pods, ctx);
    const healthy = pods.filter(
      (pod) => !pod.metadata.deletionTimestamp && isPodReady(pod) && !disruptedPods[pod.metadata.name],
    ).length;
    const allowed = counts.expected > 0 ? Math.max(0, healthy - counts.desired) : 0;
    const condition =
      allowed > 0
        ? { status: 'True', reason: 'SufficientPods', message: '' }
        : { status: 'False', reason: 'InsufficientPods', message: '' };
    const status = {
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: counts.desired,
      expectedPods: counts.expected,
      disruptedPods,
    };
    await writeStatus(budget, status, condition, ctx);
    if (Object.keys(disruptedPods).length) ctx.enqueueAfter(key, EVICTION_TIME);
  },
};

const unmanagedPods = (selector: LabelSelector | undefined): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${selector ? printSelector(selector) : 'nil'}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;

function* budgetsOf(pod: Pod | undefined, old: Pod | undefined, ctx: Context): Iterable<Key> {
  if (pod && old && isPodReady(pod) === isPodReady(old) && semanticEqual(pod.metadata.labels, old.metadata.labels)) {
    if (
      pod['status']?.phase === old['status']?.phase &&
      pod.metadata.deletionTimestamp === old.metadata.deletionTimestamp
    )
      return;
  }
  const own: string[] = [];
  for (const budget of ctx.informer(RESOURCE).list((pod ?? old)!.metadata.namespace)) {
    const matches = labelMatcher(budget.spec?.selector);
    const isOwn = pod !== undefined && matches(pod.metadata.labels);
    if (isOwn) own.push(budget.metadata.name);
    if (isOwn || (old && matches(old.metadata.labels))) yield keyOf(budget);
  }
  if (!pod || own.length < 2) return;
  const { namespace, name } = pod.metadata;
  const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${own[0]}" arbitrarily.`;
  ctx.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'MultiplePodDisruptionBudgets', message);
}

/** How many pods there should be, and how many of them must stay. */
interface Expected {
  expected: number;
  desired: number;
  /** the count needs the pods' controllers, and some have none */
  unmanaged?: boolean;
}

async function expectedCount({ spec }: PodDisruptionBudget, pods: readonly Pod[], ctx: Context): Promise<Expected> {
  if (spec?.maxUnavailable !== undefined) {
    const expected = await scaleOf(pods, ctx);
    const desired = Math.max(0, expected - scaledValue(spec.maxUnavailable, expected, true));
    return { expected, desired, unmanaged: pods.some(isUnmanaged) };
  }
  if (typeof spec?.minAvailable === 'string') {
    const expected = await scaleOf(pods, ctx);
    return { expected, desired: scaledValue(spec.minAvailable, expected, true), unmanaged: pods.some(isUnmanaged) };
  }
  return { expected: pods.length, desired: spec?.minAvailable ?? 0 };
}

const isUnmanaged = (pod: Pod): boolean => controllerOf(pod) === undefined;

/** The sum of the sizes of all controllers of the pods; pods without one count nothing. */
async function scaleOf(pods: readonly Pod[], ctx: Context): Promise<number> {
  const sizes = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner || sizes.has(owner.uid)) continue;
    const root = await rootOf(owner, pod.metadata.namespace ?? '', ctx);
    if (root) sizes.set(root.uid, root.replicas);
    else
      throw new Error(
        `${owner.kind.toLowerCase()}s.${owner.apiVersion.split('/')[0]} does not implement the scale subresource`,
      );
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

const KINDS: Record<string, (typeof SCALED)[number]> = {
  ReplicaSet: 'replicasets.apps',
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  ReplicationController: 'replicationcontrollers',
};

async function rootOf(
  owner: OwnerReference,
  namespace: string,
  ctx: Context,
): Promise<{ uid: string; replicas: number } | undefined> {
  const resource = KINDS[owner.kind];
  if (!resource) return scaleSubresource(owner, namespace, ctx);
  const object = ctx.informer(resource).get(namespace, owner.name);
  if (!object) return { uid: owner.uid, replicas: 0 };
  const above = owner.kind === 'ReplicaSet' ? controllerOf(object) : undefined;
  if (above?.kind === 'Deployment') return rootOf(above, namespace, ctx);
  return { uid: owner.uid, replicas: object.spec?.replicas ?? 1 };
}

/** Any other kind that can be scaled, custom ones too. */
async function scaleSubresource(
  owner: OwnerReference,
  namespace: string,
  ctx: Context,
): Promise<{ uid: string; replicas: number } | undefined> {
  const group = owner.apiVersion.includes('/') ? owner.apiVersion.split('/')[0] : '';
  const known = (await ctx.client.resources()).find(
    (resource) => resource.kind === owner.kind && resource.group === group,
  );
  if (!known) return undefined;
  try {
    const scale = await ctx.client.get(known.resource, namespace, owner.name, 'scale');
    const replicas = scale.spec?.replicas;
    return replicas === undefined ? undefined : { uid: owner.uid, replicas };
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return { uid: owner.uid, replicas: 0 };
    throw error;
  }
}

/** Evictions that the API server has granted and whose pods the cache still shows as alive. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], ctx: Context): Record<string, string> {
  const left: Record<string, string> = {};
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (!pod || pod.metadata.deletionTimestamp) continue;
    if (timeMs(time as string) + EVICTION_TIME > ctx.clock.now()) {
      left[name] = time as string;
      continue;
    }
    // the namespace twice, as the original has it
    const { namespace } = budget.metadata;
    const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
    ctx.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'NotDeleted', message);
  }
  return left;
}

async function writeStatus(
  budget: PodDisruptionBudget,
  counts: Partial<PodDisruptionBudgetStatus>,
  condition: { status: string; reason: string; message: string },
  ctx: Context,
): Promise<void> {
  const observedGeneration = budget.metadata.generation;
  const old = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(ctx.clock.now());
  const next = { type: 'DisruptionAllowed', ...present({ observedGeneration }), lastTransitionTime, ...condition };
  const others = (budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed');
  const none = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  const status: PodDisruptionBudgetStatus = {
    ...none,
    ...budget.status,
    ...counts,
    ...present({ observedGeneration }),
    conditions: [...others, next],
  };
  if (!semanticEqual(budget.status, status)) {
    await unlessGone(ctx.client.update(RESOURCE, { ...budget, status }, 'status'));
  }
}
