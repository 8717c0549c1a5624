import { isDeepStrictEqual } from 'node:util';
import type { Deployment, DeploymentStrategy } from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import {
  intOrPercentValue,
  validateAtMost100Percent,
  validatePositiveIntOrPercent,
} from '../../validation/int-or-percent.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { defaultPodTemplate, nameWarnings, templateWarnings, validateSameSelector } from '../pod-template.ts';
import { internalValue } from '../../internal-value.ts';
import { statusSubresource, withStatus } from '../status-split.ts';
import { countersStatus } from './counters.ts';
import { validateReplicaTemplate } from './replica-template.ts';
import { containerCells, count, formatSelector, since } from '../../cells.ts';
import { selectedPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');

const STATUS = countersStatus({
  counted: [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ],
  withinReplicas: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
  withinReady: 'readyReplicas',
});

/** Labels are not the status' either. */
function keepSpecAndLabels(object: Unchecked<Deployment>, old: Unchecked<Deployment>): void {
  statusSubresource.prepareForUpdate(object, old);
  if (old.metadata.labels) object.metadata.labels = old.metadata.labels;
  else delete object.metadata.labels;
}

/** apps/v1 Deployment */
export const deploymentStrategy: Strategy<Deployment> = withStatus<Deployment>({
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec);
  },
  validate({ spec = {} }, { sent }) {
    const errors = [
      ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
      ...validateReplicaTemplate(spec, 'empty selector is invalid for deployment', sent),
      ...validateRollout(spec.strategy ?? {}, SPEC.child('strategy')),
      ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
      ...validateNonNegative(spec.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
      ...validateNonNegative(spec.progressDeadlineSeconds, SPEC.child('progressDeadlineSeconds')),
    ];
    const { progressDeadlineSeconds: deadline, minReadySeconds: ready = 0 } = spec;
    if (deadline !== undefined && deadline <= ready)
      errors.push(invalid(SPEC.child('progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds'));
    return errors;
  },
  validateUpdate: (object, old) =>
    validateSameSelector(object.spec?.selector, old.spec?.selector, SPEC.child('selector')),
  // annotations are copied to the ReplicaSets, so that their changes are changes, too
  generation: (object, old) =>
    !isDeepStrictEqual(object.spec, old.spec) ||
    !isDeepStrictEqual(object.metadata.annotations, old.metadata.annotations),
  warnings: (object, old) => [...(old ? [] : nameWarnings(object)), ...templateWarnings(object, old)],
  subresources: { status: { ...STATUS, prepareForUpdate: keepSpecAndLabels, resets: ['spec', 'metadata.labels'] } },
  relations: [selectedPods(), ...templateRelations<Deployment>('deployments', ({ spec }) => spec?.template?.spec)],
  cells,
});

function validateRollout(strategy: Parts<DeploymentStrategy>, at: Path): Errors {
  const rolling = at.child('rollingUpdate');
  if (strategy.type === 'Recreate')
    return strategy.rollingUpdate
      ? [forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  if (strategy.type !== 'RollingUpdate') {
    return [
      notSupported(at, internalValue('io.k8s.api.apps.v1.DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate']),
    ];
  }
  if (!strategy.rollingUpdate) return [required(rolling, 'this should be defaulted and never be nil')];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, rolling.child('maxUnavailable')),
    ...validatePositiveIntOrPercent(maxSurge, rolling.child('maxSurge')),
  ];
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0)
    errors.push(invalid(rolling.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return [...errors, ...validateAtMost100Percent(maxUnavailable, rolling.child('maxUnavailable'))];
}

function cells({ metadata, spec, status }: Unchecked<Deployment>, now: number): Cell[] {
  return [
    metadata.name,
    `${count(status?.readyReplicas)}/${count(spec?.replicas)}`,
    count(status?.updatedReplicas),
    count(status?.availableReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
}
