import type { Job, Pod } from '../../schema/types.ts';
import { claim } from '../control/adopt.ts';
import { timeMs } from '../meta/time.ts';
import { conditionOf } from '../control/conditions.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { Expectations } from '../control/expectations.ts';
import { byController, byOrphanage, controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { podFromTemplate } from '../control/pod-from-template.ts';
import { isPodActive, isPodReady } from '../rules/pods.ts';
import { labelMatcher } from '../control/selector.ts';
import { slowStart } from '../control/slow-start.ts';
import type { New } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import { freeIndexes, INDEX, indexOf, isIndexed } from './job-indexes.ts';
import {
  hasTracking,
  indexFields,
  isFinished,
  jobCondition,
  tally,
  TRACKING,
  verdictOf,
  type JobStatus,
  type Tally,
  type Verdict,
} from './job-status.ts';

const RESOURCE = 'jobs.batch';
/** Pods made or deleted by one reconcile. */
const BURST = 500;
/** Wait after a failed pod, ms: doubled by each further one. */
const FIRST_BACKOFF = 10_000;
const LAST_BACKOFF = 600_000;

/** Runs pods until enough of them have succeeded. Ended pods carry a finalizer until they are counted (KEP-2307). */
export function job(): Reconciler {
  let expectations: Expectations | undefined;
  const expected = (ctx: Context): Expectations => (expectations ??= new Expectations(ctx.clock));
  return {
    name: 'job',
    indexes: { pods: { controller: byController, orphans: byOrphanage } },
    watches: [{ resource: RESOURCE }, { resource: 'pods', keys: (pod, old, ctx) => podKeys(pod, old, expected(ctx)) }],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const found = ctx.informer(RESOURCE).get(namespace, name);
      if (!found) {
        expected(ctx).forget(key);
        return releaseOrphans(namespace, name, ctx);
      }
      if (found.spec?.managedBy && found.spec.managedBy !== 'kubernetes.io/job-controller') return undefined;
      return sync({ ...found, apiVersion: 'batch/v1', kind: 'Job' }, expected(ctx), key, ctx);
    },
  };
}

function* podKeys(pod: Pod | undefined, old: Pod | undefined, expectations: Expectations): Iterable<Key> {
  const owner = controllerOf((pod ?? old)!);
  if (owner?.kind !== 'Job') return;
  const key = keyFor((pod ?? old)!.metadata.namespace, owner.name);
  if (pod && !old) expectations.creationSeen(key);
  if (!pod || pod.metadata.deletionTimestamp) expectations.deletionSeen(key, (pod ?? old)!.metadata.uid);
  yield key;
}

/** Pods of a job that is gone need no counting any more; the finalizer would keep them for ever. */
async function releaseOrphans(namespace: string, name: string, ctx: Context): Promise<void> {
  const pods = ctx
    .informer('pods')
    .list(namespace)
    .filter((pod) => hasTracking(pod) && controllerOf(pod)?.kind === 'Job' && controllerOf(pod)?.name === name);
  await untrack(pods, ctx);
}

/** Takes the finalizer away. Of pods that go without having been counted it goes first, so that they never are. */
async function untrack(pods: readonly Pod[], ctx: Context): Promise<void> {
  await Promise.all(
    pods.filter(hasTracking).map(async (pod) => {
      const { namespace = '', name, uid, finalizers = [] } = pod.metadata;
      const left = finalizers.filter((finalizer) => finalizer !== TRACKING);
      try {
        await ctx.client.patch('pods', namespace, name, { metadata: { uid, finalizers: left.length ? left : null } });
      } catch (error) {
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }),
  );
}

async function sync(object: Job, expectations: Expectations, key: Key, ctx: Context): Promise<void> {
  const informer = ctx.informer('pods');
  const pods = await claim({
    client: ctx.client,
    resource: 'pods',
    owner: object,
    ownerResource: RESOURCE,
    reference: controllerRef(object, 'batch/v1', 'Job'),
    matches: labelMatcher(object.spec?.selector),
    owned: informer.index('controller', object.metadata.uid),
    orphans: informer.index('orphans', object.metadata.namespace ?? '').filter(isPodActive),
  });
  if (isFinished(object) || object.metadata.deletionTimestamp) return untrack(pods.filter(hasTracking), ctx);
  const now = ctx.clock.now();
  const status: JobStatus = {
    ...object.status,
    uncountedTerminatedPods: { ...object.status?.uncountedTerminatedPods },
  };
  if (!status.startTime && !object.spec?.suspend) status.startTime = formatTime(now);
  const current: Job = { ...object, status };
  const counts = tally(current, pods);
  const verdict = verdictOf(current, counts, now);
  const settled = expectations.satisfied(key);
  let failure: unknown;
  if (settled) failure = await manage(current, counts, verdict, expectations, key, ctx);
  if (verdict) noteVerdict(status, verdict, now);
  else suspendOrResume(current, status, now, ctx);
  status.ready = counts.active.filter(isPodReady).length;
  status.active = counts.active.length;
  status.terminating = counts.terminating.length;
  await writeStatus(current, status, counts, pods, verdict, ctx);
  planNext(current, counts, ctx);
  if (failure) throw failure;
}

function noteVerdict(status: JobStatus, verdict: Verdict, now: number): void {
  if (!conditionOf(status.conditions, verdict.type)) {
    status.conditions = [
      ...(status.conditions ?? []),
      jobCondition(verdict.type, verdict.reason, verdict.message, now),
    ];
  }
}

function suspendOrResume(object: Job, status: JobStatus, now: number, ctx: Context): void {
  const old = conditionOf(status.conditions, 'Suspended');
  const set = (value: string, reason: string, message: string): void => {
    const condition = jobCondition('Suspended', reason, message, now, value);
    status.conditions = old
      ? status.conditions!.map((item) => (item === old ? condition : item))
      : [...(status.conditions ?? []), condition];
  };
  if (object.spec?.suspend && old?.status !== 'True') {
    set('True', 'JobSuspended', 'Job suspended');
    delete status.startTime;
    ctx.events.event(object, 'Normal', 'Suspended', 'Job suspended');
  } else if (!object.spec?.suspend && old?.status === 'True') {
    set('False', 'JobResumed', 'Job resumed');
    status.startTime = formatTime(now);
    ctx.events.event(object, 'Normal', 'Resumed', 'Job resumed');
  }
}

/** Makes missing pods, takes surplus ones away. Counts in `counts` follow. Returns the first error. */
async function manage(
  object: Job,
  counts: Tally,
  verdict: Verdict | undefined,
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<unknown> {
  const spec: Partial<NonNullable<Job['spec']>> = object.spec ?? {};
  if (verdict || spec.suspend) {
    const doomed = counts.active.splice(0);
    if (!verdict) await untrack(doomed, ctx);
    await remove(object, doomed, expectations, key, ctx);
    counts.terminating.push(...doomed);
    if (!verdict) return undefined;
    counts.ended.push(...doomed.filter(hasTracking));
    // They have not ended by themselves, but the job's failure is theirs.
    if (verdict.type === 'FailureTarget') {
      for (const { metadata } of doomed) counts.uncounted.failed.add(metadata.uid);
      counts.failed += doomed.length;
    }
    return undefined;
  }
  const parallelism = spec.parallelism ?? 1;
  const replacing = spec.podReplacementPolicy === 'Failed' ? counts.terminating.length : 0;
  let wanted = parallelism;
  if (spec.completions !== undefined)
    wanted = Math.min(parallelism, Math.max(0, spec.completions - counts.succeeded - counts.failedIndexes.size));
  else if (counts.succeeded > 0) wanted = counts.active.length;
  if (counts.active.length > wanted) {
    const doomed = [...counts.active]
      .sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)))
      .slice(0, counts.active.length - wanted);
    counts.active = counts.active.filter((pod) => !doomed.includes(pod));
    await untrack(doomed, ctx);
    await remove(object, doomed, expectations, key, ctx);
    return undefined;
  }
  const missing = Math.min(wanted - counts.active.length - replacing, BURST);
  return missing > 0 && backoff(object, counts, ctx) <= 0
    ? create(object, counts, missing, expectations, key, ctx)
    : undefined;
}

async function create(
  object: Job,
  counts: Tally,
  missing: number,
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<unknown> {
  const base = podFromTemplate(object.spec!.template, object, controllerRef(object, 'batch/v1', 'Job'));
  base.metadata.finalizers = [...(base.metadata.finalizers ?? []), TRACKING];
  const taken = new Set([
    ...counts.completedIndexes,
    ...counts.failedIndexes,
    ...counts.active.flatMap((pod) => indexOf(pod) ?? []),
  ]);
  const indexes = isIndexed(object) ? freeIndexes(object, taken, missing) : undefined;
  const count = indexes ? indexes.length : missing;
  expectations.expectCreations(key, count);
  const { done, error } = await slowStart(count, async (i) => {
    try {
      const created = await ctx.client.create('pods', indexes ? withIndex(object, base, indexes[i]!, ctx) : base);
      counts.active.push(created);
      ctx.events.event(object, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (failure) {
      ctx.events.event(object, 'Warning', 'FailedCreate', `Error creating: ${(failure as Error).message}`);
      throw failure;
    }
  });
  expectations.creationSeen(key, count - done);
  return error;
}

function withIndex(object: Job, base: New<Pod>, index: number, ctx: Context): New<Pod> {
  const pod = structuredClone(base);
  pod.metadata.generateName = `${object.metadata.name}-${index}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: String(index) };
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX]: String(index) };
  if (object.spec?.backoffLimitPerIndex !== undefined) {
    const earlier = ctx
      .informer('pods')
      .index('controller', object.metadata.uid)
      .filter((other) => other.status?.phase === 'Failed' && indexOf(other) === index);
    pod.metadata.annotations['batch.kubernetes.io/job-index-failure-count'] = String(earlier.length);
  }
  pod.spec!.hostname ??= `${object.metadata.name}-${index}`;
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } },
  };
  for (const container of [...pod.spec!.containers, ...(pod.spec!.initContainers ?? [])]) {
    if (!container.env?.some(({ name }) => name === variable.name))
      container.env = [...(container.env ?? []), variable];
  }
  return pod;
}

async function remove(
  object: Job,
  pods: readonly Pod[],
  expectations: Expectations,
  key: Key,
  ctx: Context,
): Promise<void> {
  if (pods.length === 0) return;
  expectations.expectDeletions(
    key,
    pods.map(({ metadata }) => metadata.uid),
  );
  await Promise.all(
    pods.slice(0, BURST).map(async ({ metadata }) => {
      await unlessGone(ctx.client.delete('pods', metadata.namespace ?? '', metadata.name, { uid: metadata.uid }));
      ctx.events.event(object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`);
    }),
  );
}

/** ms until the next pod may be made after the last one failed. */
function backoff(object: Job, counts: Tally, ctx: Context): number {
  const failures = counts.ended.filter((pod) => pod.status?.phase === 'Failed');
  const failed = Math.max(failures.length, counts.failed);
  if (failed === 0 || object.spec?.template?.spec?.restartPolicy === 'OnFailure') return 0;
  const all = ctx
    .informer('pods')
    .index('controller', object.metadata.uid)
    .filter((pod) => pod.status?.phase === 'Failed');
  const last = Math.max(...all.map(endOf), 0);
  return last + Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(failed - 1, 16)) - ctx.clock.now();
}

const endOf = (pod: Pod): number => {
  const times = (pod.status?.containerStatuses ?? [])
    .map(({ state }) => timeMs(state?.terminated?.finishedAt))
    .filter((time) => !Number.isNaN(time));
  return times.length ? Math.max(...times) : timeMs(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp);
};

/** Looks again when the deadline or the back-off is over, of which no event tells. */
function planNext(object: Job, counts: Tally, ctx: Context): void {
  const key = keyOf(object);
  const deadline = object.spec?.activeDeadlineSeconds;
  const start = timeMs(object.status?.startTime);
  if (deadline !== undefined && !Number.isNaN(start) && !object.spec?.suspend)
    ctx.enqueueAfter(key, Math.max(1, start + deadline * 1000 - ctx.clock.now()));
  const wait = backoff(object, counts, ctx);
  if (wait > 0) ctx.enqueueAfter(key, wait);
}

/**
 * Ended pods go through the status in two steps, so that none is lost or counted twice, wherever the process stops:
 * their uids are written (of indexed ones the indexes), then their finalizers go, then the numbers take their place.
 */
async function writeStatus(
  object: Job,
  status: JobStatus,
  counts: Tally,
  pods: readonly Pod[],
  verdict: Verdict | undefined,
  ctx: Context,
): Promise<void> {
  const original = ctx.informer(RESOURCE).get(object.metadata.namespace ?? '', object.metadata.name)?.status ?? {};
  let latest = object;
  const write = async (next: JobStatus): Promise<void> => {
    const written = await unlessGone(ctx.client.update(RESOURCE, { ...latest, status: next }, 'status'));
    if (written) latest = { ...latest, metadata: written.metadata };
  };
  Object.assign(status, indexFields(object, counts));
  if (counts.ended.length > 0) {
    const { succeeded, failed } = counts.uncounted;
    await write({
      ...status,
      ...(isIndexed(object) && { succeeded: counts.succeeded }),
      uncountedTerminatedPods: { succeeded: [...succeeded], failed: [...failed] },
    });
    await untrack(counts.ended, ctx);
  }
  const next: JobStatus = {
    ...status,
    succeeded: counts.succeeded,
    failed: counts.failed,
    uncountedTerminatedPods: {},
  };
  const gone = pods.every((pod) => !isPodActive(pod) || counts.ended.includes(pod));
  // without a node and without the finalizer a deleted pod is gone at once
  const stays = (pod: Pod): boolean => !!pod.spec?.nodeName || !counts.ended.includes(pod);
  const left = counts.active.length + counts.terminating.filter(stays).length;
  if (verdict && gone && left === 0) finish(object, next, verdict, ctx);
  const zero = { active: 0, succeeded: 0, failed: 0, ready: 0, terminating: 0 };
  if (counts.ended.length > 0 || !semanticEqual({ ...zero, ...original }, next)) await write(next);
}

function finish(object: Job, status: JobStatus, verdict: Verdict, ctx: Context): void {
  const now = ctx.clock.now();
  const type = verdict.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  status.conditions = [...(status.conditions ?? []), jobCondition(type, verdict.reason, verdict.message, now)];
  status.active = 0;
  status.terminating = 0;
  status.ready = 0;
  if (type === 'Complete') {
    status.completionTime = formatTime(now);
    ctx.events.event(object, 'Normal', 'Completed', 'Job completed');
  } else ctx.events.event(object, 'Warning', verdict.reason, verdict.message);
}
