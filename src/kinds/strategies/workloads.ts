import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from '../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Strategy } from '../kind.ts';
import { validateAnnotations, validateLabels, validateLabelSelector } from '../validation/labels.ts';
import { validateImmutable, validateIntOrPercent, validateNonNegative } from '../validation/values.ts';
import { defaultTemplate } from './pod/defaults.ts';
import { validatePodSpec } from './pod/validate-spec.ts';
import { withStatus } from './status-split.ts';

/** What the kinds that make pods from a template have in common (apps/v1, batch/v1). */
type Errors = FieldError[];
const SPEC = Path.root('spec');

/** A template whose restart policy must be one of `policies`. */
export function validateTemplate(template: PodTemplateSpec | undefined, at: Path, policies: readonly string[]): Errors {
  if (!template) return [required(at)];
  const errors: Errors = [
    ...validateLabels(template.metadata?.labels, at.child('metadata', 'labels')),
    ...validateAnnotations(template.metadata?.annotations, at.child('metadata', 'annotations')),
    ...validatePodSpec(template.spec, at.child('spec')),
  ];
  const policy = template.spec?.restartPolicy;
  const known = ['Always', 'OnFailure', 'Never'].includes(policy ?? '');
  if (policy && known && !policies.includes(policy)) errors.push(notSupported(at.child('spec', 'restartPolicy'), policy, policies));
  if (template.spec?.activeDeadlineSeconds !== undefined && policies.length === 1)
    errors.push(forbidden(at.child('spec', 'activeDeadlineSeconds'), 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  return errors;
}

/** The selector must be there, not empty, and match the template's labels. */
export function validateSelector(selector: LabelSelectorLike | undefined, template: PodTemplateSpec | undefined, what: string): Errors {
  const at = SPEC.child('selector');
  if (!selector) return [required(at)];
  const errors = validateLabelSelector(selector, at);
  if (errors.length) return errors;
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length)
    return [invalid(at, selector, `empty selector is invalid for ${what}`)];
  const labels = template?.metadata?.labels;
  return labelSelectorAsSelector(selector).matches(labels)
    ? []
    : [invalid(SPEC.child('template', 'metadata', 'labels'), labels ?? null, '`selector` does not match template `labels`')];
}

const specOnly = (object: KubeObject, old: KubeObject) => !isDeepStrictEqual(object.spec, old.spec);

export const deploymentStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (!spec) return;
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
    defaultTemplate(spec.template);
  },
  validate({ spec }) {
    const errors = [
      ...validateNonNegative(spec?.replicas, SPEC.child('replicas')),
      ...validateSelector(spec?.selector, spec?.template, 'deployment'),
      ...validateTemplate(spec?.template, SPEC.child('template'), ['Always']),
      ...deploymentRollout(spec?.strategy ?? {}),
      ...validateNonNegative(spec?.minReadySeconds, SPEC.child('minReadySeconds')),
      ...validateNonNegative(spec?.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
      ...validateNonNegative(spec?.progressDeadlineSeconds, SPEC.child('progressDeadlineSeconds')),
    ];
    if ((spec?.progressDeadlineSeconds ?? 600) <= (spec?.minReadySeconds ?? 0))
      errors.push(invalid(SPEC.child('progressDeadlineSeconds'), spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'));
    return errors;
  },
  validateUpdate: (object, old) => validateImmutable(object.spec?.selector, old.spec?.selector, SPEC.child('selector')),
  generation: (object, old) => specOnly(object, old) || !isDeepStrictEqual(object.metadata.annotations, old.metadata.annotations),
});

function deploymentRollout(strategy: { type?: string; rollingUpdate?: Record<string, number | string> }): Errors {
  const at = SPEC.child('strategy');
  if (strategy.type === 'Recreate')
    return strategy.rollingUpdate ? [forbidden(at.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (strategy.type !== 'RollingUpdate') return [notSupported(at, strategy, ['Recreate', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
  const errors = [
    ...validateIntOrPercent(maxUnavailable, at.child('rollingUpdate', 'maxUnavailable')),
    ...validateIntOrPercent(maxSurge, at.child('rollingUpdate', 'maxSurge')),
  ];
  const none = (value: unknown) => value === 0 || value === '0%';
  if (none(maxUnavailable) && none(maxSurge)) errors.push(invalid(at.child('rollingUpdate', 'maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  if (typeof maxUnavailable === 'string' && parseInt(maxUnavailable, 10) > 100)
    errors.push(invalid(at.child('rollingUpdate', 'maxUnavailable'), maxUnavailable, 'must not be greater than 100%'));
  return errors;
}

export const replicaSetStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (!spec) return;
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  validate: ({ spec }) => [
    ...validateNonNegative(spec?.replicas, SPEC.child('replicas')),
    ...validateNonNegative(spec?.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateSelector(spec?.selector, spec?.template, 'replicaset'),
    ...validateTemplate(spec?.template, SPEC.child('template'), ['Always']),
  ],
  validateUpdate: (object, old) => validateImmutable(object.spec?.selector, old.spec?.selector, SPEC.child('selector')),
  fields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
});

/** The old count of template changes: a field of the internal type that clients see as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
const templateGeneration = (object: KubeObject): number => Number(object.metadata.annotations?.[TEMPLATE_GENERATION]) || 0;
function setTemplateGeneration(object: KubeObject, count: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(count) };
}

export const daemonSetStrategy: Strategy = withStatus({
  defaults(object) {
    setTemplateGeneration(object, templateGeneration(object));
    const { spec } = object;
    if (!spec) return;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultTemplate(spec.template);
  },
  validate({ spec }) {
    const type = spec?.updateStrategy?.type;
    return [
      ...validateSelector(spec?.selector, spec?.template, 'daemonset'),
      ...validateTemplate(spec?.template, SPEC.child('template'), ['Always']),
      ...validateNonNegative(spec?.minReadySeconds, SPEC.child('minReadySeconds')),
      ...(['OnDelete', 'RollingUpdate'].includes(type) ? [] : [notSupported(SPEC.child('updateStrategy'), spec?.updateStrategy, ['RollingUpdate', 'OnDelete'])]),
      ...validateNonNegative(spec?.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
    ];
  },
  validateUpdate: (object, old) => validateImmutable(object.spec?.selector, old.spec?.selector, SPEC.child('selector')),
  prepareForUpdate(object, old) {
    const changed = !isDeepStrictEqual(object.spec?.template, old.spec?.template);
    setTemplateGeneration(object, templateGeneration(old) + (changed ? 1 : 0));
  },
  prepareForCreate(object) {
    setTemplateGeneration(object, Math.max(templateGeneration(object), 1));
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
});

export const statefulSetStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (!spec) return;
    spec.podManagementPolicy ||= 'OrderedReady';
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= 'v1';
      claim.kind ??= 'PersistentVolumeClaim';
      claim.spec.volumeMode ??= 'Filesystem';
      claim.status ??= {};
      claim.status.phase ||= 'Pending';
    }
  },
  validate({ spec }) {
    const errors: Errors = [];
    const policy = spec?.podManagementPolicy;
    if (!policy) errors.push(required(SPEC.child('podManagementPolicy')));
    else if (!['OrderedReady', 'Parallel'].includes(policy)) errors.push(invalid(SPEC.child('podManagementPolicy'), policy, "must be 'OrderedReady' or 'Parallel'"));
    const type = spec?.updateStrategy?.type;
    if (!['OnDelete', 'RollingUpdate'].includes(type)) errors.push(invalid(SPEC.child('updateStrategy'), spec?.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
    return [
      ...errors,
      ...validateNonNegative(spec?.updateStrategy?.rollingUpdate?.partition, SPEC.child('updateStrategy', 'rollingUpdate', 'partition')),
      ...validateNonNegative(spec?.replicas, SPEC.child('replicas')),
      ...validateNonNegative(spec?.minReadySeconds, SPEC.child('minReadySeconds')),
      ...validateNonNegative(spec?.ordinals?.start, SPEC.child('ordinals', 'start')),
      ...validateSelector(spec?.selector, spec?.template, 'statefulset'),
      ...validateTemplate(spec?.template, SPEC.child('template'), ['Always']),
    ];
  },
  validateUpdate(object, old) {
    const mutable = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];
    const rest = (spec: Record<string, unknown>) => Object.fromEntries(Object.entries(spec).filter(([key]) => !mutable.includes(key)));
    return isDeepStrictEqual(rest(object.spec), rest(old.spec))
      ? []
      : [forbidden(SPEC, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")];
  },
  prepareForCreate(object) {
    object.status = { replicas: 0, availableReplicas: 0 };
  },
});

export const controllerRevisionStrategy: Strategy = {
  validate: (object) => validateNonNegative(object.revision ?? 0, Path.root('revision')),
  validateUpdate: (object, old) => validateImmutable(object.data, old.data, Path.root('data')),
  generation: false,
};
