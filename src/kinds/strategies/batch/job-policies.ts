import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../../../schema/types.ts';
import {
  duplicate,
  invalid,
  notSupported,
  Path,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { invalidUnshown, validateNonNegative } from '../../validation/values.ts';
import { countIndexes, indexesProblem } from './indexes.ts';

/** When pods that fail or succeed decide a Job: podFailurePolicy, successPolicy, podReplacementPolicy. */
type Errors = FieldError[];
type Spec = Parts<JobSpec>;

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITIONS = 20;
const MAX_INDEXES = 64 * 1024;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map((v) => JSON.stringify(v)).join(' ')}]`;

function validateEnum(value: string | undefined, values: readonly string[], at: Path): Errors {
  if (!value) return [required(at, validValues(values))];
  return values.includes(value) ? [] : [notSupported(at, value, values)];
}

export function validatePodFailurePolicy(spec: Spec, at: Path): Errors {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors: Errors = rules.length > MAX_RULES ? [tooMany(at.child('rules'), rules.length, MAX_RULES)] : [];
  const { containers, initContainers } = spec.template?.spec ?? {};
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map((c) => c.name ?? ''));
  rules.forEach((rule, i) => errors.push(...validateFailureRule(rule, spec, names, at.child('rules').index(i))));
  return errors;
}

function validateFailureRule(
  rule: Parts<PodFailurePolicyRule>,
  spec: Spec,
  containers: ReadonlySet<string>,
  at: Path,
): Errors {
  const errors: Errors = [];
  const conditions = rule.onPodConditions ?? [];
  if (rule.action !== 'FailIndex') errors.push(...validateEnum(rule.action, ACTIONS, at.child('action')));
  else if (spec.backoffLimitPerIndex == null)
    errors.push(invalid(at.child('action'), rule.action, 'requires the backoffLimitPerIndex to be set'));
  if (rule.onExitCodes) errors.push(...validateExitCodes(rule.onExitCodes, containers, at.child('onExitCodes')));
  if (conditions.length > MAX_CONDITIONS)
    errors.push(tooMany(at.child('onPodConditions'), conditions.length, MAX_CONDITIONS));
  conditions.forEach((pattern, i) => {
    const here = at.child('onPodConditions').index(i);
    errors.push(
      ...validateLabelName(pattern.type ?? '', here.child('type')),
      ...validateEnum(pattern.status, STATUSES, here.child('status')),
    );
  });
  if (rule.onExitCodes && conditions.length)
    errors.push(invalidUnshown(at, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!rule.onExitCodes && !conditions.length)
    errors.push(invalidUnshown(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function validateExitCodes(
  codes: Parts<PodFailurePolicyOnExitCodesRequirement>,
  containers: ReadonlySet<string>,
  at: Path,
): Errors {
  const errors = validateEnum(codes.operator, OPERATORS, at.child('operator'));
  if (codes.containerName != null && !containers.has(codes.containerName))
    errors.push(
      invalid(
        at.child('containerName'),
        codes.containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  const here = at.child('values');
  const values = codes.values ?? [];
  if (!values.length) errors.push(invalid(here, codes.values ?? null, 'at least one value is required'));
  else if (values.length > MAX_EXIT_CODES) errors.push(tooMany(here, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (codes.operator === 'In' && value === 0)
      errors.push(invalid(here.index(i), value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(here.index(i), value));
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value))
    errors.push(invalid(here, values, 'must be ordered'));
  return errors;
}

export function validateSuccessPolicy(spec: Spec, at: Path): Errors {
  const rules = spec.successPolicy?.rules ?? [];
  const here = at.child('rules');
  const errors: Errors = rules.length
    ? []
    : [required(here, 'at least one rules must be specified when the successPolicy is specified')];
  if (rules.length > MAX_RULES) errors.push(tooMany(here, rules.length, MAX_RULES));
  // an Indexed Job without completions has been refused by the time this matters
  rules.forEach((rule, i) => errors.push(...validateSuccessRule(rule, spec.completions ?? 0, here.index(i))));
  return errors;
}

function validateSuccessRule(
  { succeededIndexes, succeededCount }: Parts<SuccessPolicyRule>,
  completions: number,
  at: Path,
): Errors {
  const errors: Errors = [];
  if (succeededCount == null && succeededIndexes == null)
    errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (succeededIndexes != null) {
    const here = at.child('succeededIndexes');
    if (Buffer.byteLength(succeededIndexes) > MAX_INDEXES) errors.push(tooLong(here, MAX_INDEXES));
    const why = indexesProblem(succeededIndexes, completions);
    if (why) errors.push(invalid(here, succeededIndexes, `error parsing succeededIndexes: ${why}`));
    else total = countIndexes(succeededIndexes, completions);
  }
  if (succeededCount == null) return errors;
  const here = at.child('succeededCount');
  const atMost = (count: number, what: string) =>
    invalid(here, succeededCount, `must be less than or equal to ${count} (${what})`);
  errors.push(...validateNonNegative(succeededCount, here));
  if (succeededCount > completions) errors.push(atMost(completions, 'the number of specified completions'));
  if (succeededIndexes != null && succeededCount > total)
    errors.push(atMost(total, 'the number of indexes in the specified succeededIndexes field'));
  return errors;
}

/** With a podFailurePolicy a pod is replaced only once it has failed. */
export function validatePodReplacementPolicy(
  { podReplacementPolicy: policy, podFailurePolicy }: Spec,
  at: Path,
): Errors {
  if (policy == null) return [];
  const choices = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return choices.includes(policy) ? [] : [notSupported(at, policy, choices)];
}
