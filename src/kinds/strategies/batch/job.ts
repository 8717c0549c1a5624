import { isDeepStrictEqual } from 'node:util';
import type { Affinity, Job, JobSpec, PodTemplateSpec } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { labelSelectorAsSelector } from '../../../meta/labels.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { ObjectMeta, Parts, Unchecked } from '../../../meta/object.ts';
import { objectMetaSchema } from '../../builtin-schema.ts';
import { internalValue } from '../../internal-value.ts';
import type { Cell, Strategy, StrategyContext } from '../../kind.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { validateImmutable } from '../../validation/values.ts';
import {
  defaultPodTemplate,
  isUsable,
  nameWarnings,
  shownSelector,
  sorted,
  validateMatches,
  validateSameSelector,
} from '../pod-template.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { jobSpecWarnings, validateJobSpec } from './job-spec.ts';
import { validateJobStatus } from './job-status.ts';
import { containerCells, count, formatSelector, since } from '../../cells.ts';
import { humanDuration } from '../../../meta/duration.ts';
import { selectedPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

type Errors = FieldError[];
type Spec = Parts<JobSpec>;
type Template = Parts<PodTemplateSpec>;
const SPEC = Path.root('spec');
const SELECTOR = SPEC.child('selector');
const TEMPLATE = SPEC.child('template');
/** Labels that tie a Job's pods to it; the unprefixed ones are the older form. */
const UID_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid'] as const;
const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'] as const;
const NO_LIMIT = 2147483647;

/** batch/v1 Job */
export const jobStrategy: Strategy<Job> = withStatus<Job>({
  defaults(object) {
    const spec = (object.spec ??= {});
    if (spec.completions == null && spec.parallelism == null) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex == null ? 6 : NO_LIMIT;
    const labels = spec.template?.metadata?.labels;
    // one and the same map: what is added to the template's labels is added to the Job's
    if (labels && !Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = labels;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
    spec.manualSelector ??= false;
    defaultFailurePolicy(spec);
    defaultPodTemplate(spec);
  },
  prepareForCreate(object) {
    if (object.spec && !object.spec.manualSelector) generateSelector(object.spec, object.metadata);
    // what has no labels has those of its template, also when it is read back
    const labels = object.spec?.template?.metadata?.labels;
    if (labels && !Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = labels;
    object.status = {};
  },
  validate: validateJob,
  metadata: { whole: 1 },
  // an update checks the whole once more
  validateUpdate: (object, old, { sent }) => [
    ...validateSpec(object.spec ?? {}, sent),
    ...validateSpecUpdate(object.spec ?? {}, old),
  ],
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object)),
    ...(old && object.metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(object.spec ?? {}, SPEC)),
  ],
  subresources: { status: statusWith<Job>(validateJobStatus) },
  fields: (object) => ({ 'status.successful': String(object.status?.succeeded ?? 0) }),
  defaultPropagation: 'orphan',
  relations: [
    selectedPods(),
    ...templateRelations<Job>('jobs', ({ spec }) => spec?.template?.spec),
    { field: 'cronJob', to: 'cronjobs.batch', back: 'jobs', form: 'owner' },
  ],
  cells,
  deletionWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  unknownFieldLabel: (label) => `field label ${JSON.stringify(label)} not supported for batchv1.Job`,
});

export function defaultFailurePolicy(spec: Spec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
}

/** The selector is the Job's own uid, and the template says so; what the user has said already is validated later. */
function generateSelector(spec: Spec, metadata: ObjectMeta): void {
  const labels = (((spec.template ??= {}).metadata ??= {}).labels ??= {});
  for (const label of NAME_LABELS) labels[label] ??= metadata.name ?? '';
  for (const label of UID_LABELS) labels[label] ??= metadata.uid;
  spec.selector ??= {};
  (spec.selector.matchLabels ??= {})[UID_LABELS[1]] ??= metadata.uid;
}

function validateJob(object: Unchecked<Job>, { sent }: StrategyContext<Job>): Errors {
  const { spec = {}, metadata } = object;
  const errors = [...validateGeneratedSelector(object), ...validateSpec(spec, sent)];
  // pods of an Indexed Job have their index in their host names
  const { completionMode, completions = 0 } = spec;
  if (completionMode === 'Indexed' && completions > 0) {
    const longest = `${metadata.name}-${completions - 1}`;
    if (isDns1123Label(longest).length)
      errors.push(
        invalid(
          Path.root('metadata').child('name'),
          metadata.name,
          `will not able to create pod with invalid DNS label: ${longest}`,
        ),
      );
  }
  return errors;
}

/** Unless the user selects by hand, labels and selector must be those that were generated. */
function validateGeneratedSelector({ spec = {}, metadata }: Unchecked<Job>): Errors {
  if (spec.manualSelector || !spec.selector) return [];
  const at = TEMPLATE.child('metadata');
  const labels = spec.template?.metadata?.labels ?? {};
  const { uid, name = '' } = metadata;
  const expected = { [UID_LABELS[0]]: uid, [NAME_LABELS[0]]: name, [UID_LABELS[1]]: uid, [NAME_LABELS[1]]: name };
  const errors = Object.entries(expected).flatMap(([label, value]) => validateHasLabel(labels, label, value, at));
  if (isUsable(spec.selector, SELECTOR) && !labelSelectorAsSelector(spec.selector).matches(expected))
    errors.push(invalid(SELECTOR, shownSelector(spec.selector), '`selector` not auto-generated'));
  return errors;
}

function validateHasLabel(labels: Readonly<Record<string, string>>, key: string, value: string, at: Path): Errors {
  const here = at.child('labels');
  if (labels[key] === undefined) return [required(here.key(key), `must be '${value}'`)];
  return labels[key] === value ? [] : [invalid(here.key(key), sorted(labels), `must be '${value}'`)];
}

function validateSpec(spec: Spec, sent: Unchecked<Job> | undefined): Errors {
  const errors = validateJobSpec(spec, SPEC);
  errors.push(...(spec.selector ? validateLabelSelector(spec.selector, SELECTOR) : [required(SELECTOR)]));
  return isUsable(spec.selector, SELECTOR)
    ? [...errors, ...validateMatches(spec.selector, spec.template, TEMPLATE, sent)]
    : errors;
}

function validateSpecUpdate(spec: Spec, { spec: old = {}, status }: Unchecked<Job>): Errors {
  const same = (field: keyof JobSpec, type?: string): Errors => {
    const shown = (value: unknown): unknown =>
      type && typeof value === 'object' && value !== null ? internalValue(type, value) : value;
    return validateImmutable(shown(spec[field]), shown(old[field]), SPEC.child(field));
  };
  return [
    ...validateCompletions(spec, old),
    ...validateSameSelector(spec.selector, old.selector, SELECTOR),
    // a Job that waits and has never run may still be moved to other nodes
    ...validateTemplateUpdate(spec.template ?? {}, old.template ?? {}, old.suspend === true && !status?.startTime),
    ...same('completionMode'),
    ...same('podFailurePolicy', 'io.k8s.api.batch.v1.PodFailurePolicy'),
    ...same('backoffLimitPerIndex'),
    ...same('managedBy'),
    ...same('successPolicy', 'io.k8s.api.batch.v1.SuccessPolicy'),
  ];
}

/** An Indexed Job may grow and shrink with its parallelism (KEP-3715). */
function validateCompletions(spec: Spec, old: Spec): Errors {
  const at = SPEC.child('completions');
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, at);
  if (spec.completions == null || spec.completions === old.completions || spec.completions === spec.parallelism)
    return [];
  return [invalid(at, spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

function validateTemplateUpdate(template: Template, old: Template, movable: boolean): Errors {
  if (isDeepStrictEqual(template, movable ? moved(old, template) : old)) return [];
  return [invalid(TEMPLATE, internalTemplate(template), 'field is immutable')];
}

/** A template as messages print it: its metadata has no name of its own. */
function internalTemplate({ metadata = {}, spec }: Template): unknown {
  const maps = Object.fromEntries(
    (['labels', 'annotations'] as const).flatMap((field) =>
      metadata[field] ? [[field, sorted(metadata[field])]] : [],
    ),
  );
  const inOrder = Object.fromEntries(
    [...objectMetaSchema.fields.keys()].flatMap((field) => {
      const value = (metadata as Record<string, unknown>)[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );
  return { ...inOrder, ...maps, Spec: internalValue('PodSpec', spec) };
}

/** The old template with what says where pods may run taken from the new one (KEP-2926). */
function moved(old: Template, template: Template): Template {
  const [metadata, spec] = [{ ...old.metadata }, { ...old.spec }];
  take(metadata, template.metadata, ['annotations', 'labels']);
  take(spec, template.spec, ['nodeSelector', 'tolerations', 'schedulingGates']);
  const affinity: Parts<Affinity> = { ...spec.affinity };
  take(affinity, template.spec?.affinity, ['nodeAffinity']);
  // an affinity without any part is none, unless the new one is as empty
  if (Object.keys(affinity).length || template.spec?.affinity) spec.affinity = affinity;
  else delete spec.affinity;
  return { ...old, metadata, spec };
}

/** The fields as `from` has them, or has not. */
function take<T extends object>(to: T, from: T | undefined, fields: readonly (keyof T)[]): void {
  for (const field of fields) {
    if (from?.[field] === undefined) delete to[field];
    else to[field] = from[field];
  }
}

function cells(job: Unchecked<Job>, now: number): Cell[] {
  const { metadata, spec, status } = job;
  const end = status?.completionTime ? Date.parse(status.completionTime) : now;
  return [
    metadata.name,
    state(job),
    completions(job),
    status?.startTime ? humanDuration(end - Date.parse(status.startTime)) : '',
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
}

function completions({ spec, status }: Unchecked<Job>): string {
  const succeeded = count(status?.succeeded);
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = count(spec?.parallelism);
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function state({ metadata, status }: Unchecked<Job>): string {
  const is = (type: string) => status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}
