import { isDeepStrictEqual } from 'node:util';
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { ObjectLike, Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import {
  intOrPercentValue,
  validateAtMost100Percent,
  validatePositiveIntOrPercent,
} from '../../validation/int-or-percent.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { validateNonNegative } from '../../validation/values.ts';
import {
  defaultPodTemplate,
  isUsable,
  shownSelector,
  templateWarnings,
  validateAlwaysRestarts,
  validateMatches,
  validatePodTemplateSpec,
  validateSameSelector,
} from '../pod-template.ts';
import { internalValue } from '../../internal-value.ts';
import { statusSubresource, withStatus } from '../status-split.ts';
import { validateCounters } from './counters.ts';
import { containerCells, count, formatLabels, formatSelector, since } from '../../cells.ts';
import { selectedPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
const SELECTOR = SPEC.child('selector');
const TEMPLATE = SPEC.child('template');

/** The old count of template changes: a field of the internal type that clients see as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
const templateGeneration = (object: ObjectLike): number =>
  Number(object.metadata.annotations?.[TEMPLATE_GENERATION]) || 0;
function setTemplateGeneration(object: ObjectLike, count: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(count) };
}

const COUNTERS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

/** apps/v1 DaemonSet */
export const daemonSetStrategy: Strategy<DaemonSet> = withStatus<DaemonSet>({
  defaults(object) {
    setTemplateGeneration(object, templateGeneration(object));
    const spec = (object.spec ??= {});
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec);
  },
  prepareForCreate(object) {
    setTemplateGeneration(object, Math.max(templateGeneration(object), 1));
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  prepareForUpdate(object, old) {
    const changed = !isDeepStrictEqual(object.spec?.template, old.spec?.template);
    setTemplateGeneration(object, templateGeneration(old) + (changed ? 1 : 0));
  },
  validate: ({ spec = {} }, { sent }) => validateSpec(spec, sent),
  warnings: templateWarnings,
  validatesAllOnUpdate: true,
  validateUpdate: (object, old, { sent }) => [
    ...validateSameSelector(object.spec?.selector, old.spec?.selector, SELECTOR),
    ...validateSpec(object.spec ?? {}, sent),
  ],
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        statusSubresource.prepareForUpdate(object, old);
        setTemplateGeneration(object, templateGeneration(old));
      },
      validateUpdate: (object, old) => validateCounters({ counted: COUNTERS }, object.status, old.status),
    },
  },
  relations: [selectedPods(), ...templateRelations<DaemonSet>('daemonSets', ({ spec }) => spec?.template?.spec)],
  cells,
  fieldAnnotation: TEMPLATE_GENERATION,
});

function validateSpec(spec: Parts<DaemonSetSpec>, sent: Unchecked<DaemonSet> | undefined): Errors {
  const { selector } = spec;
  const errors = validateLabelSelector(selector, SELECTOR);
  if (isUsable(selector, SELECTOR)) errors.push(...validateMatches(selector, spec.template, TEMPLATE, sent));
  if (selector && !Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length)
    errors.push(invalid(SELECTOR, shownSelector(selector), 'empty selector is invalid for daemonset'));
  return [
    ...errors,
    ...validatePodTemplateSpec(spec.template, TEMPLATE),
    ...validateAlwaysRestarts(spec.template, TEMPLATE, 'DaemonSet'),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}, SPEC.child('updateStrategy')),
    ...validateNonNegative(spec.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
  ];
}

function validateUpdateStrategy(strategy: Parts<DaemonSetUpdateStrategy>, at: Path): Errors {
  if (strategy.type === 'OnDelete') return [];
  const rolling = at.child('rollingUpdate');
  if (strategy.type !== 'RollingUpdate') {
    return [
      notSupported(at, internalValue('io.k8s.api.apps.v1.DaemonSetUpdateStrategy', strategy), [
        'RollingUpdate',
        'OnDelete',
      ]),
    ];
  }
  if (!strategy.rollingUpdate) return [required(rolling)];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, rolling.child('maxUnavailable')),
    ...validatePositiveIntOrPercent(maxSurge, rolling.child('maxSurge')),
    ...validateAtMost100Percent(maxUnavailable, rolling.child('maxUnavailable')),
    ...validateAtMost100Percent(maxSurge, rolling.child('maxSurge')),
  ];
  const [unavailable, surge] = [maxUnavailable, maxSurge].map((value) => intOrPercentValue(value) !== 0);
  if (unavailable && surge)
    errors.push(invalid(rolling.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!unavailable && !surge) errors.push(required(rolling.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
  return errors;
}

function cells({ metadata, spec, status }: Unchecked<DaemonSet>, now: number): Cell[] {
  return [
    metadata.name,
    count(status?.desiredNumberScheduled),
    count(status?.currentNumberScheduled),
    count(status?.numberReady),
    count(status?.updatedNumberScheduled),
    count(status?.numberAvailable),
    formatLabels(spec?.template?.spec?.nodeSelector),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
}
