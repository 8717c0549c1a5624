import type { Job, Pod } from '../../schema/types.ts';
import { conditionOf } from '../control/conditions.ts';
import { isPodTerminal } from '../rules/pods.ts';
import type { JobStatus } from './job-status.ts';
import { failureAction } from './job-failure-policy.ts';
import { formatIndexes, indexOf, isIndexed, parseIndexes } from './job-indexes.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const hasTracking = (pod: Pod): boolean => !!pod.metadata.finalizers?.includes(TRACKING);

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

export const indexFields = (job: Job, counts: Tally): Partial<JobStatus> => ({
  ...(isIndexed(job) &&
    counts.completedIndexes.size > 0 && { completedIndexes: formatIndexes(counts.completedIndexes) }),
  ...(job.spec?.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(counts.failedIndexes) }),
});
