import type { JobSpec } from '../../../../schema/types.ts';
import { invalid, notSupported, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateDomainPrefixedPath, validateNonNegative } from '../../validation/values.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';
import { validatePodTemplateSpec } from '../pod-template.ts';
import { internalValue } from '../../internal-value.ts';
import { validatePodFailurePolicy, validatePodReplacementPolicy, validateSuccessPolicy } from './job-policies.ts';

/** What a Job and the template of a CronJob's Jobs have in common (pkg/apis/batch/validation). */
type Errors = FieldError[];
type Spec = Parts<JobSpec>;

/** Limits of Indexed Jobs: their finished indexes are kept as text in the status. */
const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const LIMIT_OF_MANY = 10_000;
const MAX_MANAGED_BY = 63;
const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

export function validateJobSpec(spec: Spec, at: Path): Errors {
  const errors: Errors = COUNTS.flatMap((field) => validateNonNegative(spec[field], at.child(field)));
  if (spec.maxFailedIndexes != null && spec.backoffLimitPerIndex == null)
    errors.push(required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  if (spec.managedBy != null) {
    errors.push(...validateDomainPrefixedPath(spec.managedBy, at.child('managedBy')));
    if (Buffer.byteLength(spec.managedBy) > MAX_MANAGED_BY) errors.push(tooLong(at.child('managedBy'), MAX_MANAGED_BY));
  }
  errors.push(...validateCompletionMode(spec, at));
  if (spec.podFailurePolicy) errors.push(...validatePodFailurePolicy(spec, at.child('podFailurePolicy')));
  if (spec.successPolicy) {
    const here = at.child('successPolicy');
    if (spec.completionMode === 'Indexed') errors.push(...validateSuccessPolicy(spec, here));
    else
      errors.push(
        invalid(
          here,
          internalValue('io.k8s.api.batch.v1.SuccessPolicy', spec.successPolicy),
          'requires indexed completion mode',
        ),
      );
  }
  errors.push(
    ...validatePodReplacementPolicy(spec, at.child('podReplacementPolicy')),
    ...validatePodTemplateSpec(spec.template, at.child('template')),
    ...validateRestartPolicy(spec, at.child('template', 'spec', 'restartPolicy')),
  );
  return errors;
}

function validateCompletionMode(spec: Spec, at: Path): Errors {
  const mode = spec.completionMode ?? 'NonIndexed';
  if (mode === 'Indexed') return validateIndexed(spec, at);
  if (mode !== 'NonIndexed') return [notSupported(at.child('completionMode'), mode, ['NonIndexed', 'Indexed'])];
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((field) =>
    spec[field] == null ? [] : [invalid(at.child(field), spec[field], 'requires indexed completion mode')],
  );
}

function validateIndexed(
  { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex }: Spec,
  at: Path,
): Errors {
  const errors: Errors = [];
  const atMost = (field: string, value: number, limit: string) =>
    errors.push(invalid(at.child(field), value, `must be less than or equal to ${limit}`));
  if (completions == null) errors.push(required(at.child('completions'), 'when completion mode is Indexed'));
  if (parallelism > MAX_PARALLELISM)
    atMost('parallelism', parallelism, `${MAX_PARALLELISM} when completion mode is Indexed`);
  if (completions != null && failed != null && failed > completions) atMost('maxFailedIndexes', failed, 'completions');
  if (failed != null && failed > MAX_FAILED_INDEXES) atMost('maxFailedIndexes', failed, String(MAX_FAILED_INDEXES));
  if (completions == null || completions <= MANY_COMPLETIONS || backoffLimitPerIndex == null) return errors;
  const limit = `${LIMIT_OF_MANY} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (failed == null)
    errors.push(
      required(at.child('maxFailedIndexes'), `must be specified when completions is above ${MANY_COMPLETIONS}`),
    );
  if (parallelism > LIMIT_OF_MANY) atMost('parallelism', parallelism, limit);
  if (failed != null && failed > LIMIT_OF_MANY) atMost('maxFailedIndexes', failed, limit);
  return errors;
}

/** `Always` is what a template gets that says nothing: it counts as unsaid. */
function validateRestartPolicy(spec: Spec, at: Path): Errors {
  const policy = spec.template?.spec?.restartPolicy;
  if (!policy || policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])];
  return spec.podFailurePolicy && policy !== 'Never'
    ? [invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

/** Indexed Jobs of this size may lose track of their indexes; and what is said of the template. */
export function jobSpecWarnings(spec: Spec, at: Path): string[] {
  const { completions = 0, parallelism = 0 } = spec;
  const ofTemplate = podTemplateWarnings(spec.template, at.child('template'));
  if (spec.completionMode !== 'Indexed' || !(completions > MANY_COMPLETIONS && parallelism > LIMIT_OF_MANY))
    return ofTemplate;
  return [
    `${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
    ...ofTemplate,
  ];
}
