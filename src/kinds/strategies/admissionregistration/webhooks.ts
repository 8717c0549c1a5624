import { repeatedAt } from '../../validation/repeated.ts';
import { isDeepStrictEqual } from 'node:util';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '../../../../schema/types.ts';
import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { clientConfigErrors } from './client-config.ts';
import { matchConditionErrors } from './match-conditions.ts';
import { defaultMatch, FAILURE_POLICIES, MATCH_POLICIES } from './match-resources.ts';
import { defaultRules, ruleErrors } from './match-rules.ts';
import { since } from '../../cells.ts';

/** A validating configuration is the same without reinvocationPolicy. */
type Configuration = Unchecked<MutatingWebhookConfiguration>;
type Webhook = Parts<MutatingWebhook>;
const WEBHOOKS = Path.root('webhooks');
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** What an object that was stored before a rule was made may keep. */
interface Ratchet {
  sideEffects: boolean;
  versions: boolean;
  duplicates: boolean;
  selectors: boolean;
  conditions: boolean;
}
const STRICT: Ratchet = { sideEffects: false, versions: false, duplicates: false, selectors: false, conditions: false };

function ratchet({ webhooks: now = [] }: Configuration, { webhooks: before = [] }: Configuration): Ratchet {
  return {
    sideEffects: before.some(({ sideEffects = '' }) => !NO_SIDE_EFFECTS.includes(sideEffects)),
    versions: before.some(
      ({ admissionReviewVersions: versions }) => versions?.length && !versions.some((v) => REVIEW_VERSIONS.includes(v)),
    ),
    duplicates: new Set(before.map((hook) => hook.name)).size < before.length,
    selectors: before.some(({ namespaceSelector, objectSelector }) =>
      [namespaceSelector, objectSelector].some((selector) => validateLabelSelector(selector, WEBHOOKS).length > 0),
    ),
    conditions:
      now.length === before.length &&
      now.every((hook, i) => isDeepStrictEqual(hook.matchConditions, before[i]?.matchConditions)),
  };
}

/** A domain of three or more segments. */
function nameErrors(name: string | undefined, at: Path): FieldError[] {
  if (!name) return [required(at)];
  const why = isDns1123Subdomain(name);
  if (why.length) return [invalid(at, name, why.join(','))];
  return name.split('.').length < 3
    ? [invalid(at, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function versionErrors(versions: string[] | undefined, recognised: boolean, at: Path): FieldError[] {
  if (!versions?.length) return [required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const repeated = repeatedAt(versions);
  const errors = versions.flatMap((version, i) =>
    repeated.has(i)
      ? [invalid(at.index(i), version, 'duplicate version')]
      : isDns1035Label(version).map((why) => invalid(at.index(i), version, why)),
  );
  if (recognised && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  }
  return errors;
}

const choice = (value: string | undefined, choices: readonly string[], at: Path): FieldError[] =>
  value === undefined || choices.includes(value) ? [] : [notSupported(at, value, choices)];

function sideEffectErrors(value: string | undefined, any: boolean, at: Path): FieldError[] {
  const allowed = any ? SIDE_EFFECTS : NO_SIDE_EFFECTS;
  return value === undefined ? [required(at, `must specify one of ${allowed.join(', ')}`)] : choice(value, allowed, at);
}

function* webhookErrors(hook: Webhook, at: Path, mutating: boolean, keep: Ratchet): Steps<FieldError[]> {
  const errors = nameErrors(hook.name, at.child('name'));
  hook.rules?.forEach((rule, i) => errors.push(...ruleErrors(rule, at.child('rules').index(i))));
  errors.push(...choice(hook.failurePolicy, FAILURE_POLICIES, at.child('failurePolicy')));
  errors.push(...choice(hook.matchPolicy, MATCH_POLICIES, at.child('matchPolicy')));
  errors.push(...sideEffectErrors(hook.sideEffects, keep.sideEffects, at.child('sideEffects')));
  const seconds = hook.timeoutSeconds;
  if (seconds !== undefined && (seconds > 30 || seconds < 1)) {
    errors.push(invalid(at.child('timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds'));
  }
  const rules = { allowInvalidValues: keep.selectors };
  errors.push(...validateLabelSelector(hook.namespaceSelector, at.child('namespaceSelector'), rules));
  errors.push(...validateLabelSelector(hook.objectSelector, at.child('objectSelector'), rules));
  if (mutating) errors.push(...choice(hook.reinvocationPolicy, REINVOCATION_POLICIES, at.child('reinvocationPolicy')));
  errors.push(...clientConfigErrors(hook.clientConfig ?? {}, at.child('clientConfig')));
  if (!keep.conditions)
    errors.push(...(yield* matchConditionErrors(hook.matchConditions, false, at.child('matchConditions'))));
  return [
    ...errors,
    ...versionErrors(hook.admissionReviewVersions, !keep.versions, at.child('admissionReviewVersions')),
  ];
}

function* configurationErrors({ webhooks = [] }: Configuration, mutating: boolean, keep: Ratchet): Steps<FieldError[]> {
  const names = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, hook] of webhooks.entries()) {
    const at = WEBHOOKS.index(i);
    errors.push(...(yield* webhookErrors(hook, at, mutating, keep)));
    if (hook.name && names.has(hook.name) && !keep.duplicates) errors.push(duplicate(at.child('name'), hook.name));
    names.add(hook.name ?? '');
  }
  return errors;
}

/** Validating and mutating configurations differ in one field. */
export const webhookStrategy = (mutating: boolean): Strategy<MutatingWebhookConfiguration> => ({
  metadata: { whole: 1, update: false, finalizers: 'any' },
  unconditionalUpdate: false,
  defaults(object) {
    for (const hook of object.webhooks ?? []) {
      defaultMatch(hook);
      hook.failurePolicy ??= 'Fail';
      hook.timeoutSeconds ??= 10;
      if (mutating) hook.reinvocationPolicy ??= 'Never';
      if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443;
      defaultRules(hook.rules);
    }
  },
  validateSteps: (object, old) => configurationErrors(object, mutating, old ? ratchet(object, old) : STRICT),
  cells,
});

function cells({ metadata, webhooks }: Unchecked<ValidatingWebhookConfiguration>, now: number): Cell[] {
  return [metadata.name, webhooks?.length ?? 0, since(metadata.creationTimestamp, now)];
}
