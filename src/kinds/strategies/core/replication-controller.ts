import type { PodTemplateSpec, ReplicationController } from '../../../../schema/types.ts';
import { type FieldError, invalid, Path, required } from '../../../meta/field.ts';
import { selectorFromSet } from '../../../meta/labels.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { defaultTemplate } from '../pod/defaults.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { nameWarnings, templateWarnings, validateAlwaysRestarts, validatePodTemplateSpec } from '../pod-template.ts';
import { containerCells, count, formatLabels, since } from '../../cells.ts';
import { labelledPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const TEMPLATE = SPEC.child('template');
const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
] as const;

function validateTemplate(template: Parts<PodTemplateSpec> | undefined, selector: Record<string, string>): Errors {
  if (!template) return [required(TEMPLATE)];
  const errors: Errors = [];
  const labels = template.metadata?.labels;
  if (Object.keys(selector).length && !selectorFromSet(selector).matches(labels)) {
    errors.push(
      invalid(TEMPLATE.child('metadata', 'labels'), labels ?? null, '`selector` does not match template `labels`'),
    );
  }
  errors.push(...validatePodTemplateSpec(template, TEMPLATE));
  errors.push(...validateAlwaysRestarts(template, TEMPLATE, 'ReplicationController'));
  return errors;
}

function validate({ spec = {} }: Unchecked<ReplicationController>): Errors {
  const { minReadySeconds, selector = {}, replicas, template } = spec;
  return [
    ...validateNonNegative(minReadySeconds, SPEC.child('minReadySeconds')),
    ...(Object.keys(selector).length ? [] : [required(SPEC.child('selector'))]),
    ...validateNonNegative(replicas, SPEC.child('replicas')),
    ...validateTemplate(template, selector),
  ];
}

function validateStatus({ status = {} }: Unchecked<ReplicationController>): Errors {
  const errors = COUNTS.flatMap((field) => validateNonNegative(status[field], STATUS.child(field)));
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if ((status[field] ?? 0) > (status.replicas ?? 0))
      errors.push(invalid(STATUS.child(field), status[field], 'cannot be greater than status.replicas'));
  }
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0)) {
    errors.push(
      invalid(STATUS.child('availableReplicas'), status.availableReplicas, 'cannot be greater than readyReplicas'),
    );
  }
  return errors;
}

export const replicationControllerStrategy: Strategy<ReplicationController> = withStatus<ReplicationController>({
  defaults(object) {
    const spec = (object.spec ??= {});
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
      if (!Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate,
  validatesAllOnUpdate: true,
  validateUpdate: validate,
  subresources: { status: statusWith<ReplicationController>(validateStatus) },
  warnings: (object, old) => [...(old ? [] : nameWarnings(object)), ...templateWarnings(object, old)],
  // what core/v1 has always done: its pods stay
  defaultPropagation: 'orphan',
  fields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  relations: [
    labelledPods(),
    ...templateRelations<ReplicationController>('replicationControllers', ({ spec }) => spec?.template?.spec),
  ],
  cells,
});

function cells({ metadata, spec, status }: Unchecked<ReplicationController>, now: number): Cell[] {
  return [
    metadata.name,
    count(spec?.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatLabels(spec?.selector),
  ];
}
