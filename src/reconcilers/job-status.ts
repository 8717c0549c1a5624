import type { Job, JobCondition, Pod } from '../../schema/types.ts';
import { timeMs } from '../meta/time.ts';
import { conditionOf } from '../control/conditions.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { formatTime } from '../meta/time.ts';
import { failureAction } from './job-failure-policy.ts';
import { formatIndexes, indexOf, isIndexed, parseIndexes } from './job-indexes.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';
export type JobStatus = NonNullable<Job['status']>;

export const isFinished = (job: Job): boolean =>
  (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );

export const hasTracking = (pod: Pod): boolean => !!pod.metadata.finalizers?.includes(TRACKING);

export const jobCondition = (
  type: string,
  reason: string,
  message: string,
  now: number,
  status = 'True',
): JobCondition => {
  const time = formatTime(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
};

/** How the job must end, if it must: the condition that says so before its last pods are gone. */
export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

export interface Tally {
  active: Pod[];
  terminating: Pod[];
  /** counted before, and to be counted now */
  succeeded: number;
  failed: number;
  completedIndexes: Set<number>;
  failedIndexes: Set<number>;
  /** pods that still carry the finalizer and need it no more: ended ones, and those that no job will count otherwise */
  ended: Pod[];
  /** uids that are in none of the status's numbers yet; of an indexed job's successes their index says enough */
  uncounted: { succeeded: Set<string>; failed: Set<string> };
  failJob?: string;
}

/**
 * Counts: what the status has already, what is on its way into it (uncounted, perhaps by a process that has died
 * since), and what has ended since.
 */
export function tally(job: Job, pods: readonly Pod[]): Tally {
  const status = job.status ?? {};
  const uncounted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  };
  const succeeding = conditionOf(status.conditions, 'SuccessCriteriaMet') !== undefined;
  const result: Tally = {
    active: [],
    terminating: [],
    ended: [],
    uncounted,
    succeeded: 0,
    failed: 0,
    completedIndexes: parseIndexes(status.completedIndexes),
    failedIndexes: parseIndexes(status.failedIndexes),
  };
  const indexed = isIndexed(job);
  for (const pod of pods) {
    const { uid } = pod.metadata;
    if (!isPodTerminal(pod)) {
      (pod.metadata.deletionTimestamp ? result.terminating : result.active).push(pod);
      if (!isLost(job, pod)) continue;
    }
    if (!hasTracking(pod)) continue;
    result.ended.push(pod);
    const index = indexOf(pod);
    if (pod.status?.phase === 'Succeeded') {
      if (indexed && index !== undefined && index < (job.spec?.completions ?? 0)) result.completedIndexes.add(index);
      else if (!indexed && !uncounted.failed.has(uid)) uncounted.succeeded.add(uid);
      continue;
    }
    // what is still there when enough have succeeded is neither
    if (succeeding && !isPodTerminal(pod)) continue;
    const { action, message } = failureAction(job, pod);
    if (action === 'FailJob') result.failJob = message;
    if (action === 'FailIndex' && index !== undefined) result.failedIndexes.add(index);
    if (action !== 'Ignore') uncounted.failed.add(uid);
  }
  result.succeeded = indexed ? result.completedIndexes.size : (status.succeeded ?? 0) + uncounted.succeeded.size;
  result.failed = (status.failed ?? 0) + uncounted.failed.size;
  countFailuresByIndex(job, pods, result);
  return result;
}

/**
 * A pod that is deleted counts as failed before it has ended, since it may never come to that; not where only failed
 * ones are replaced (KEP-3939), as long as the job goes on.
 */
function isLost(job: Job, pod: Pod): boolean {
  if (!pod.metadata.deletionTimestamp) return false;
  const over = (['SuccessCriteriaMet', 'FailureTarget'] as const).some((type) =>
    conditionOf(job.status?.conditions, type),
  );
  return over || job.spec?.podReplacementPolicy !== 'Failed';
}

/** With a limit for each index an index fails for good on its own (KEP-3850). */
function countFailuresByIndex(job: Job, pods: readonly Pod[], result: Tally): void {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined || !isIndexed(job)) return;
  for (const pod of pods) {
    const index = indexOf(pod);
    const before = Number(pod.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'] ?? 0);
    if (index === undefined || pod.status?.phase !== 'Failed' || result.completedIndexes.has(index)) continue;
    if (before >= limit) result.failedIndexes.add(index);
  }
}

/** Whether the job is over, and why. `now` in ms. */
export function verdictOf(job: Job, counts: Tally, now: number): Verdict | undefined {
  const spec: Partial<NonNullable<Job['spec']>> = job.spec ?? {};
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const done = conditionOf(job.status?.conditions, type);
    if (done) return { type, reason: done.reason ?? '', message: done.message ?? '' };
  }
  if (counts.failJob) return { type: 'FailureTarget', reason: 'PodFailurePolicy', message: counts.failJob };
  const limit = spec.backoffLimitPerIndex === undefined ? (spec.backoffLimit ?? 6) : (spec.backoffLimit ?? 2 ** 31 - 1);
  if (counts.failed > limit || restartsExceeded(job, counts, limit)) {
    return {
      type: 'FailureTarget',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  const started = timeMs(job.status?.startTime);
  if (spec.activeDeadlineSeconds !== undefined && !spec.suspend && started + spec.activeDeadlineSeconds * 1000 <= now) {
    return {
      type: 'FailureTarget',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    };
  }
  if (spec.maxFailedIndexes !== undefined && counts.failedIndexes.size > spec.maxFailedIndexes) {
    return {
      type: 'FailureTarget',
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  }
  return success(job, counts);
}

function success(job: Job, counts: Tally): Verdict | undefined {
  const spec: Partial<NonNullable<Job['spec']>> = job.spec ?? {};
  for (const [i, rule] of (spec.successPolicy?.rules ?? []).entries()) {
    const wanted = rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes);
    const met = [...counts.completedIndexes].filter((index) => !wanted || wanted.has(index)).length;
    const needed = rule.succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY;
    if (met >= needed) {
      return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${i}` };
    }
  }
  const over = {
    type: 'SuccessCriteriaMet',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  } as const;
  if (spec.completions === undefined) return counts.succeeded > 0 && counts.active.length === 0 ? over : undefined;
  if (counts.succeeded >= spec.completions) return over;
  if (
    counts.failedIndexes.size > 0 &&
    counts.failedIndexes.size + counts.completedIndexes.size >= spec.completions &&
    counts.active.length === 0
  ) {
    return { type: 'FailureTarget', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  return undefined;
}

/** Pods that restart their containers in place fail the job by their restarts. */
function restartsExceeded(job: Job, { active }: Tally, limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of active) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount ?? 0;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

export const indexFields = (job: Job, counts: Tally): Partial<JobStatus> => ({
  ...(isIndexed(job) &&
    counts.completedIndexes.size > 0 && { completedIndexes: formatIndexes(counts.completedIndexes) }),
  ...(job.spec?.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(counts.failedIndexes) }),
});
