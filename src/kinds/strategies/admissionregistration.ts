import { invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { celSyntaxError } from '../cel-error.ts';
import { compileCel } from '../cel.ts';
import type { Strategy } from '../kind.ts';
import { withStatus } from './status-split.ts';

/** admissionregistration.k8s.io/v1: webhooks and policies. */
type Any = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const SPEC = Path.root('spec');

function defaultRules(rules: Any[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

function webhooks(mutating: boolean): Strategy {
  return {
    unconditionalUpdate: false,
    defaults(object) {
      for (const hook of (object.webhooks ?? []) as Any[]) {
        hook.failurePolicy ??= 'Fail';
        hook.matchPolicy ??= 'Equivalent';
        hook.namespaceSelector ??= {};
        hook.objectSelector ??= {};
        hook.timeoutSeconds ??= 10;
        if (mutating) hook.reinvocationPolicy ??= 'Never';
        if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443;
        defaultRules(hook.rules);
      }
    },
    validate: (object) => ((object.webhooks ?? []) as Any[]).flatMap((hook, i) => webhookErrors(hook, Path.root('webhooks').index(i))),
  };
}

function webhookErrors(hook: Any, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (!hook.name) errors.push(required(at.child('name')));
  else if (hook.name.split('.').length < 3) errors.push(invalid(at.child('name'), hook.name, 'should be a domain with at least three segments separated by dots'));
  if (!hook.admissionReviewVersions?.length) errors.push(required(at.child('admissionReviewVersions'), 'must specify one of v1, v1beta1'));
  if (!['None', 'NoneOnDryRun'].includes(hook.sideEffects ?? ''))
    errors.push(hook.sideEffects ? notSupported(at.child('sideEffects'), hook.sideEffects, ['None', 'NoneOnDryRun']) : required(at.child('sideEffects'), 'must specify one of None, NoneOnDryRun'));
  if (hook.timeoutSeconds < 1 || hook.timeoutSeconds > 30) errors.push(invalid(at.child('timeoutSeconds'), hook.timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'));
  if (!['Fail', 'Ignore'].includes(hook.failurePolicy)) errors.push(notSupported(at.child('failurePolicy'), hook.failurePolicy, ['Fail', 'Ignore']));
  const { url, service } = hook.clientConfig ?? {};
  if (Boolean(url) === Boolean(service)) errors.push(required(at.child('clientConfig'), 'exactly one of url or service is required'));
  if (url && !url.startsWith('https://')) errors.push(invalid(at.child('clientConfig', 'url'), url, `'https' is the only allowed URL scheme; desired format: https://host[/path]`));
  return errors;
}

export const mutatingWebhookStrategy = webhooks(true);
export const validatingWebhookStrategy = webhooks(false);

function defaultMatch(match: Any | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export const validatingAdmissionPolicyStrategy: Strategy = withStatus({
  unconditionalUpdate: false,
  defaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (!spec?.matchConstraints) errors.push(required(SPEC.child('matchConstraints')));
    else if (!spec.matchConstraints.resourceRules?.length) errors.push(required(SPEC.child('matchConstraints', 'resourceRules')));
    if (!spec?.validations?.length && !spec?.auditAnnotations?.length) errors.push(required(SPEC.child('validations'), 'validations or auditAnnotations must contain at least one item'));
    ((spec?.validations ?? []) as Any[]).forEach((validation, i) => {
      const at = SPEC.child('validations').index(i).child('expression');
      if (!validation.expression?.trim()) errors.push(required(at, 'expression is not specified'));
      else {
        const why = celError(validation.expression);
        if (why) errors.push(invalid(at, validation.expression, `compilation failed: ${why}`));
      }
    });
    return errors;
  },
});

export const validatingAdmissionPolicyBindingStrategy: Strategy = {
  unconditionalUpdate: false,
  defaults: ({ spec }) => defaultMatch(spec?.matchResources),
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (!spec?.policyName) errors.push(required(SPEC.child('policyName')));
    if (!spec?.validationActions?.length) errors.push(required(SPEC.child('validationActions'), 'at least one validation action is required'));
    return errors;
  },
};

/** Undefined where the expression compiles. */
function celError(expression: string): string | undefined {
  try {
    compileCel(expression);
    return undefined;
  } catch (error) {
    return celSyntaxError(error as Error, expression);
  }
}
