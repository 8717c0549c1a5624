import { isDeepStrictEqual } from 'node:util';
import type { Job, JobSpec, JobStatus, UncountedTerminatedPods } from '../../../../schema/types.ts';
import { duplicate, invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { invalidUnshown, validateNonNegative } from '../../validation/values.ts';
import { internalValue } from '../../internal-value.ts';
import { commonIndex, indexesProblem } from './indexes.ts';

/**
 * What a write to a Job's `/status` may do. Whoever manages the Job (`managedBy`) must keep to it; a rule looks only at
 * fields that change, so that a status that was wrong before does not block others (pkg/registry/batch/job).
 */
type Errors = FieldError[];
type Spec = Parts<JobSpec>;
type Status = Parts<JobStatus>;
const AT = Path.root('status');
const CONDITIONS = AT.child('conditions');

/** Whether a field of the status changes. */
type Differs = (field: keyof JobStatus) => boolean;

const has = (status: Status, type: string, value: 'True' | 'False'): boolean =>
  (status.conditions ?? []).some((c) => c.type === type && c.status === value);
const isTrue = (status: Status, type: string): boolean => has(status, type, 'True');
const isFinished = (status: Status): boolean => isTrue(status, 'Complete') || isTrue(status, 'Failed');

export function validateJobStatus(
  { spec = {}, status: now = {} }: Unchecked<Job>,
  { status: old = {} }: Unchecked<Job>,
): Errors {
  const differs: Differs = (field) => !isDeepStrictEqual(now[field] ?? null, old[field] ?? null);
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) =>
      validateNonNegative(now[field], AT.child(field)),
    ),
    ...validateUncounted(now.uncountedTerminatedPods),
    ...validateConditions(now, old),
    ...validateTimes(now, old, differs),
    ...validateFinished(spec, now, old, differs),
    ...validateIndexes(spec, now, differs),
    ...validateCriteria(spec, now),
    ...validateTransition(spec, now, old, differs),
  ];
}

function validateUncounted(uncounted: Parts<UncountedTerminatedPods> | undefined): Errors {
  const errors: Errors = [];
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed'] as const)
    (uncounted?.[field] ?? []).forEach((uid, i) => {
      const at = AT.child('uncountedTerminatedPods', field).index(i);
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      seen.add(uid);
    });
  return errors;
}

/** Which conditions go together. */
function validateConditions(now: Status, old: Status): Errors {
  const errors: Errors = [];
  const turned = (...types: string[]): boolean => types.some((type) => isTrue(now, type) !== isTrue(old, type));
  const complete = isTrue(now, 'Complete');
  const failed = isTrue(now, 'Failed');
  const target = isTrue(now, 'FailureTarget');
  if (turned('Complete', 'Failed') && complete && failed)
    errors.push(invalidUnshown(CONDITIONS, 'cannot set Complete=True and Failed=true conditions'));
  if (turned('Complete', 'FailureTarget') && complete && target)
    errors.push(invalidUnshown(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions'));
  if (turned('Failed', 'FailureTarget') && failed && !target)
    errors.push(
      invalidUnshown(CONDITIONS, 'cannot set Failed=True condition without the FailureTarget=true condition'),
    );
  if (turned('Complete', 'SuccessCriteriaMet') && complete && !isTrue(now, 'SuccessCriteriaMet'))
    errors.push(
      invalidUnshown(CONDITIONS, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'),
    );
  return errors;
}

function validateTimes(now: Status, old: Status, differs: Differs): Errors {
  const errors: Errors = [];
  const at = AT.child('completionTime');
  const complete = isTrue(now, 'Complete');
  const { startTime, completionTime } = now;
  if (complete !== isTrue(old, 'Complete') || differs('completionTime')) {
    if (completionTime && !complete)
      errors.push(invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition'));
    if (!completionTime && complete) errors.push(required(at, 'completionTime is required for Complete jobs'));
  }
  // times of one form: their texts are in their order
  if ((differs('startTime') || differs('completionTime')) && startTime && completionTime && completionTime < startTime)
    errors.push(invalid(at, completionTime, 'completionTime cannot be set before startTime'));
  return errors;
}

/** A finished Job has started, and nothing of it runs. */
function validateFinished(spec: Spec, now: Status, old: Status, differs: Differs): Errors {
  const errors: Errors = [];
  if (!isFinished(now)) return errors;
  const ended = !isFinished(old);
  const neverRan = spec.suspend && spec.completions === 0;
  if ((ended || differs('active')) && (now.active ?? 0) > 0)
    errors.push(invalid(AT.child('active'), now.active, 'active>0 is invalid for finished job'));
  if ((ended || differs('startTime')) && !now.startTime && !neverRan)
    errors.push(required(AT.child('startTime'), 'startTime is required for finished job'));
  const uncounted = now.uncountedTerminatedPods;
  if ((ended || differs('uncountedTerminatedPods')) && (uncounted?.failed?.length || uncounted?.succeeded?.length)) {
    const value = internalValue('io.k8s.api.batch.v1.UncountedTerminatedPods', uncounted);
    errors.push(
      invalid(AT.child('uncountedTerminatedPods'), value, 'uncountedTerminatedPods needs to be empty for finished job'),
    );
  }
  if ((ended || differs('terminating')) && (now.terminating ?? 0) > 0)
    errors.push(invalid(AT.child('terminating'), now.terminating, 'terminating>0 is invalid for finished job'));
  return errors;
}

function validateIndexes(spec: Spec, now: Status, differs: Differs): Errors {
  const errors: Errors = [];
  const { completedIndexes: completed = '', failedIndexes: failed } = now;
  const { completions, backoffLimitPerIndex: perIndex } = spec;
  const completedAt = AT.child('completedIndexes');
  const failedAt = AT.child('failedIndexes');
  if (differs('completedIndexes')) {
    const why = completions == null ? undefined : indexesProblem(completed, completions);
    if (why) errors.push(invalid(completedAt, completed, `error parsing completedIndexes: ${why}`));
    if (completed && spec.completionMode !== 'Indexed')
      errors.push(
        invalid(completedAt, completed, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
      );
  }
  if (differs('failedIndexes') && failed != null) {
    const why = completions == null || perIndex == null ? undefined : indexesProblem(failed, completions);
    if (why) errors.push(invalid(failedAt, failed, `error parsing failedIndexes: ${why}`));
    if (perIndex == null)
      errors.push(invalid(failedAt, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  }
  if ((differs('failedIndexes') || differs('completedIndexes')) && completions != null && failed != null) {
    const both = commonIndex(completed, failed, completions);
    if (both !== undefined)
      errors.push(invalid(failedAt, failed, `failedIndexes and completedIndexes overlap at index: ${both}`));
  }
  if ((differs('ready') || differs('active')) && now.ready != null && now.ready > (now.active ?? 0))
    errors.push(invalid(AT.child('ready'), now.ready, 'cannot set more ready pods than active'));
  return errors;
}

function validateCriteria(spec: Spec, now: Status): Errors {
  const errors: Errors = [];
  const met = isTrue(now, 'SuccessCriteriaMet');
  if (met && isTrue(now, 'Failed'))
    errors.push(invalidUnshown(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'));
  if (met && isTrue(now, 'FailureTarget'))
    errors.push(invalidUnshown(CONDITIONS, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'));
  if (spec.successPolicy && !met && isTrue(now, 'Complete'))
    errors.push(
      invalidUnshown(CONDITIONS, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'),
    );
  return errors;
}

/** What has been reached stays so. */
function validateTransition(spec: Spec, now: Status, old: Status, differs: Differs): Errors {
  const errors: Errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => isTrue(old, type) && !isTrue(now, type))
    .map((type) => invalidUnshown(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  const count = (status: Status, field: 'failed' | 'succeeded'): number => status[field] ?? 0;
  if (count(now, 'failed') < count(old, 'failed'))
    errors.push(invalid(AT.child('failed'), count(now, 'failed'), 'cannot decrease the failed counter'));
  // an Indexed Job that scales with its parallelism may be made smaller
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!elastic && count(now, 'succeeded') < count(old, 'succeeded'))
    errors.push(invalid(AT.child('succeeded'), count(now, 'succeeded'), 'cannot decrease the succeeded counter'));
  if (now.completionTime && old.completionTime && differs('completionTime'))
    errors.push(invalid(AT.child('completionTime'), now.completionTime, 'field is immutable'));
  const resuming = isTrue(old, 'Suspended') && has(now, 'Suspended', 'False');
  if (old.startTime && differs('startTime') && !spec.suspend && !resuming)
    errors.push(required(AT.child('startTime'), 'startTime cannot be removed for unsuspended job'));
  const [met, wasMet] = [isTrue(now, 'SuccessCriteriaMet'), isTrue(old, 'SuccessCriteriaMet')];
  if (wasMet && !met) errors.push(invalidUnshown(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'));
  if (isTrue(old, 'Complete') && !wasMet && met)
    errors.push(
      invalidUnshown(CONDITIONS, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
    );
  return errors;
}
