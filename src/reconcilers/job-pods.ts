import type { Job, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import type { PodControl } from '../control/pod-control.ts';
import type { New } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { isPodReady } from '../rules/pods.ts';
import { backoff } from './job-backoff.ts';
import { freeIndexes, INDEX, indexOf, isIndexed } from './job-indexes.ts';
import { hasTracking, TRACKING, type Tally } from './job-tally.ts';
import type { Verdict } from './job-verdict.ts';

type JobControl = PodControl<'jobs.batch'>;

/** Pods made, or deleted as too many, by one reconcile. */
const BURST = 500;

/** Makes missing pods, takes surplus ones away; `counts` follow. @returns the first error */
export async function manage(
  object: Job,
  counts: Tally,
  verdict: Verdict | undefined,
  control: JobControl,
  ctx: Context,
): Promise<unknown> {
  if (verdict) {
    const { error, deleted } = await remove(object, counts, counts.active, control, ctx);
    counts.ended.push(...deleted.filter(hasTracking));
    // They have not ended by themselves, but the job's failure is theirs.
    if (verdict.type === 'FailureTarget') {
      for (const { metadata } of deleted) counts.uncounted.failed.add(metadata.uid);
      counts.failed += deleted.length;
    }
    return error;
  }
  if (object.spec?.suspend) return (await remove(object, counts, counts.active, control, ctx, forget(ctx))).error;
  const wanted = wantedPods(object, counts);
  const surplus = counts.active.length - wanted;
  if (surplus > 0) {
    const order = [...counts.active].sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)));
    const doomed = order.slice(0, Math.min(surplus, BURST));
    return (await remove(object, counts, doomed, control, ctx, forget(ctx))).error;
  }
  const replacing = object.spec?.podReplacementPolicy === 'Failed' ? counts.terminating.length : 0;
  const missing = Math.min(-surplus - replacing, BURST);
  return missing > 0 && backoff(object, counts, ctx) <= 0 ? create(object, counts, missing, control, ctx) : undefined;
}

/** How many pods should run now. */
function wantedPods({ spec }: Job, { active, succeeded, failedIndexes }: Tally): number {
  const parallelism = spec?.parallelism ?? 1;
  if (spec?.completions !== undefined)
    return Math.min(parallelism, Math.max(0, spec.completions - succeeded - failedIndexes.size));
  return succeeded > 0 ? active.length : parallelism;
}

async function remove(
  object: Job,
  counts: Tally,
  doomed: readonly Pod[],
  control: JobControl,
  ctx: Context,
  prepare?: (pod: Pod) => Promise<void>,
): Promise<{ deleted: Pod[]; error?: unknown }> {
  const result = await control.delete(object, doomed, ctx, prepare);
  const gone = new Set(result.deleted);
  counts.active = counts.active.filter((pod) => !gone.has(pod));
  counts.terminating.push(...result.deleted);
  return result;
}

async function create(
  object: Job,
  counts: Tally,
  missing: number,
  control: JobControl,
  ctx: Context,
): Promise<unknown> {
  const base = control.podOf(object, object.spec?.template);
  base.metadata.finalizers = [...(base.metadata.finalizers ?? []), TRACKING];
  const taken = new Set([
    ...counts.completedIndexes,
    ...counts.failedIndexes,
    ...counts.active.flatMap((pod) => indexOf(pod) ?? []),
  ]);
  const indexes = isIndexed(object) ? freeIndexes(object, taken, missing) : undefined;
  const make = (i: number): New<Pod> => (indexes ? withIndex(object, base, indexes[i]!, ctx) : base);
  const { made, error } = await control.create(object, indexes?.length ?? missing, make, ctx);
  counts.active.push(...made);
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

/** What ends a pod that is not wanted any more is no failure of it: it is not to be counted. */
const forget =
  (ctx: Context) =>
  async (pod: Pod): Promise<void> => {
    if (hasTracking(pod)) await untrackOne(pod, ctx);
  };

/** Takes the finalizer away from pods that are counted, or never will be. */
export async function untrack(pods: readonly Pod[], ctx: Context): Promise<void> {
  await Promise.all(pods.filter(hasTracking).map((pod) => untrackOne(pod, ctx)));
}

async function untrackOne({ metadata }: Pod, ctx: Context): Promise<void> {
  const { namespace = '', name, uid, finalizers = [] } = metadata;
  const left = finalizers.filter((finalizer) => finalizer !== TRACKING);
  try {
    await ctx.client.patch('pods', namespace, name, { metadata: { uid, finalizers: left.length ? left : null } });
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
