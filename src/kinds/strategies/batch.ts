import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalid, Path, required, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Strategy } from '../kind.ts';
import { validateChoice, validateImmutable, validateNonNegative } from '../validation/values.ts';
import { defaultTemplate } from './pod/defaults.ts';
import { withStatus } from './status-split.ts';
import { validateTemplate } from './workloads.ts';

type Errors = FieldError[];
type Spec = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const SPEC = Path.root('spec');
const RESTART = ['OnFailure', 'Never'];
/** Labels that tie a Job's pods to it; the unprefixed ones are the older form. */
const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'];
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'];

function defaultJobSpec(spec: Spec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  if (spec.backoffLimit === undefined) spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  defaultTemplate(spec.template);
}

function validateJobSpec(spec: Spec | undefined, at: Path): Errors {
  if (!spec) return [required(at)];
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'];
  const errors: Errors = counts.flatMap((field) => validateNonNegative(spec[field], at.child(field)));
  if (spec.completionMode) errors.push(...validateChoice(spec.completionMode, ['Indexed', 'NonIndexed'], at.child('completionMode')));
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required(at.child('completions'), 'when completion mode is Indexed'));
    if ((spec.parallelism ?? 0) > 100000) errors.push(invalid(at.child('parallelism'), spec.parallelism, 'must be less than or equal to 100000 when completion mode is Indexed'));
  }
  const policy = spec.template?.spec?.restartPolicy;
  const template = at.child('template');
  const spoken = at.child('template', 'spec', 'restartPolicy');
  errors.push(...validateTemplate(spec.template, template, ['Always', ...RESTART]).filter((e) => e.field !== String(spoken)));
  if (policy === '' || policy === undefined || policy === 'Always') errors.push(required(spoken, 'valid values: "OnFailure", "Never"'));
  else if (!RESTART.includes(policy)) errors.push(...validateChoice(policy, RESTART, spoken));
  else if (spec.podFailurePolicy && policy !== 'Never') errors.push(invalid(spoken, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  return errors;
}

/** Without `manualSelector` the selector is the Job's own uid, and the template says so (batch/v1 strategy). */
function ownSelector(object: KubeObject): void {
  const spec = object.spec;
  if (!spec?.template || spec.manualSelector) return;
  const labels = ((spec.template.metadata ??= {}).labels ??= {});
  for (const label of UID_LABELS) labels[label] = object.metadata.uid;
  for (const label of NAME_LABELS) labels[label] = object.metadata.name;
  spec.selector ??= {};
  (spec.selector.matchLabels ??= {})[UID_LABELS[0]] ??= object.metadata.uid;
}

export const jobStrategy: Strategy = withStatus({
  defaults(object) {
    if (!object.spec) return;
    const labels = object.spec.template?.metadata?.labels;
    // one and the same map: what is added to the template's labels is added to the Job's
    if (labels && !Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = labels;
    object.spec.manualSelector ??= false;
    defaultJobSpec(object.spec);
  },
  prepareForCreate(object) {
    ownSelector(object);
    object.status = {};
  },
  validate: (object) => validateJobSpec(object.spec, SPEC),
  validateUpdate(object, old) {
    const errors = validateImmutable(object.spec?.selector, old.spec?.selector, SPEC.child('selector'));
    if (object.spec?.completionMode !== 'Indexed' || object.spec?.completions !== object.spec?.parallelism)
      errors.push(...validateImmutable(object.spec?.completions, old.spec?.completions, SPEC.child('completions')));
    for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'])
      errors.push(...validateImmutable(object.spec?.[field], old.spec?.[field], SPEC.child(field)));
    // A Job that is suspended and has not started may still be moved to other nodes.
    const movable = old.spec?.suspend && !old.status?.startTime;
    const template = (t: Spec | undefined) =>
      movable ? { ...t, metadata: undefined, spec: { ...t?.spec, nodeSelector: undefined, affinity: undefined, tolerations: undefined, schedulingGates: undefined } } : t;
    if (!isDeepStrictEqual(template(object.spec?.template), template(old.spec?.template))) errors.push(invalid(SPEC.child('template'), object.spec?.template, 'field is immutable'));
    return errors;
  },
  fields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  defaultPropagation: 'orphan',
});

export const cronJobStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (!spec) return;
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    // Only what a template of a Job gets: the rest is set when the Job is made.
    defaultTemplate(spec.jobTemplate?.spec?.template);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate({ spec, metadata }) {
    const errors: Errors = [];
    if (metadata.name?.length > 52) errors.push(invalid(Path.root('metadata').child('name'), metadata.name, 'must be no more than 52 characters'));
    if (!spec?.schedule) errors.push(required(SPEC.child('schedule')));
    else errors.push(...validateSchedule(spec.schedule, spec.timeZone));
    errors.push(...validateChoice(spec?.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], SPEC.child('concurrencyPolicy')));
    errors.push(...validateZone(spec?.timeZone));
    for (const field of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
      errors.push(...validateNonNegative(spec?.[field], SPEC.child(field)));
    const job = SPEC.child('jobTemplate', 'spec');
    if (spec?.jobTemplate?.spec?.manualSelector) errors.push(forbidden(job.child('manualSelector'), 'manualSelector is not supported in CronJob'));
    return [...errors, ...validateJobSpec(spec?.jobTemplate?.spec, job)];
  },
});

const MACROS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);

function validateSchedule(schedule: string, zone: string | undefined): Errors {
  const at = SPEC.child('schedule');
  if (/(^|\s)(TZ|CRON_TZ)=/.test(schedule))
    return [invalid(at, schedule, zone ? 'cannot use both timeZone field and TZ or CRON_TZ in schedule' : 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')];
  if (MACROS.has(schedule) || /^@every \S+$/.test(schedule)) return [];
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return [invalid(at, schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)];
  const bad = fields.find((field) => !/^[\d*?,/\-A-Za-z]+$/.test(field));
  return bad ? [invalid(at, schedule, `failed to parse int from ${bad}: strconv.Atoi: parsing ${JSON.stringify(bad)}: invalid syntax`)] : [];
}

function validateZone(zone: string | undefined): Errors {
  const at = SPEC.child('timeZone');
  if (zone === undefined) return [];
  if (zone === '') return [invalid(at, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') return [invalid(at, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch {
    return [invalid(at, zone, `unknown time zone ${zone}`)];
  }
}
