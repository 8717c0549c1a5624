import type { Job } from '../../schema/types.ts';
import { conditionOf } from '../control/conditions.ts';
import { timeMs } from '../meta/time.ts';
import { parseIndexes } from './job-indexes.ts';
import type { Tally } from './job-tally.ts';

/** How the job must end, if it must: the condition that says so before its last pods are gone. */
export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
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
  // who is just resumed starts anew in this turn: the deadline counts seconds of being active without a break
  const rests = spec.suspend || conditionOf(job.status?.conditions, 'Suspended')?.status === 'True';
  const started = timeMs(job.status?.startTime);
  if (spec.activeDeadlineSeconds !== undefined && !rests && started + spec.activeDeadlineSeconds * 1000 <= now) {
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
