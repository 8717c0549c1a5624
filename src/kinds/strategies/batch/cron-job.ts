import type { CronJob, CronJobSpec } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateChoice, validateNonNegative } from '../../validation/values.ts';
import { defaultPodTemplate, nameWarnings, shownSelector } from '../pod-template.ts';
import { statusSubresource, withStatus } from '../status-split.ts';
import { jobSpecWarnings, validateJobSpec } from './job-spec.ts';
import { defaultFailurePolicy } from './job.ts';
import { validateSchedule } from './schedule.ts';
import { validateTimeZone } from './time-zone.ts';
import { boolPointer, containerCells, formatSelector, NONE, since } from '../../cells.ts';
import { templateRelations } from '../pod/relations.ts';

const SPEC = Path.root('spec');
const NAME = Path.root('metadata').child('name');
/** The name of a Job is the CronJob's and eleven characters for its time. */
const MAX_NAME = 63 - 11;

/** batch/v1 CronJob */
export const cronJobStrategy: Strategy<CronJob> = withStatus<CronJob>({
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    // only what is in a Job's template: the rest is set when the Job is made
    const job = ((spec.jobTemplate ??= {}).spec ??= {});
    defaultFailurePolicy(job);
    defaultPodTemplate(job);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate({ spec = {}, metadata }) {
    const errors = validateSpec(spec);
    // a name cannot change: what an update sends has been checked
    if ((metadata.name ?? '').length > MAX_NAME)
      errors.push(invalid(NAME, metadata.name, `must be no more than ${MAX_NAME} characters`));
    return errors;
  },
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object)),
    ...(old && object.metadata.generation === old.metadata.generation
      ? []
      : jobSpecWarnings(object.spec?.jobTemplate?.spec ?? {}, SPEC.child('jobTemplate', 'spec'))),
  ],
  subresources: { status: { ...statusSubresource, metadata: { update: false } } },
  relations: [...templateRelations<CronJob>('cronJobs', ({ spec }) => spec?.jobTemplate?.spec?.template?.spec)],
  cells,
});

function validateSpec(spec: Parts<CronJobSpec>): FieldError[] {
  const job = spec.jobTemplate?.spec ?? {};
  const at = SPEC.child('jobTemplate', 'spec');
  const errors = [
    ...validateSchedule(spec.schedule, SPEC.child('schedule')),
    ...validateNonNegative(spec.startingDeadlineSeconds, SPEC.child('startingDeadlineSeconds')),
    ...validateTimeZone(spec.timeZone, SPEC.child('timeZone')),
    ...validateChoice(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], SPEC.child('concurrencyPolicy')),
    ...validateJobSpec(job, at),
  ];
  if (job.selector)
    errors.push(invalid(at.child('selector'), shownSelector(job.selector), '`selector` will be auto-generated'));
  if (job.manualSelector) errors.push(notSupported(at.child('manualSelector'), job.manualSelector, ['nil', 'false']));
  return [
    ...errors,
    ...validateNonNegative(spec.successfulJobsHistoryLimit, SPEC.child('successfulJobsHistoryLimit')),
    ...validateNonNegative(spec.failedJobsHistoryLimit, SPEC.child('failedJobsHistoryLimit')),
  ];
}

function cells({ metadata, spec, status }: Unchecked<CronJob>, now: number): Cell[] {
  const job = spec?.jobTemplate?.spec;
  return [
    metadata.name,
    spec?.schedule ?? '',
    spec?.timeZone ?? NONE,
    boolPointer(spec?.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? since(status.lastScheduleTime, now) : NONE,
    since(metadata.creationTimestamp, now),
    ...containerCells(job?.template?.spec),
    formatSelector(job?.selector),
  ];
}
