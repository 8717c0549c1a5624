import { celMessage, compileCel } from '../../kinds/cel.ts';
import type { KubeObject } from '../../meta/object.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import { groupResourceName, parseApiVersion } from '../../meta/gvk.ts';
import { forbiddenRequest, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { resourceOf } from '../target.ts';
import { ruleMatches, selectorsMatch, type Rule, type Selectors } from './policies/matching.ts';
import { celVariables } from './policies/variables.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}`;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}`;
const CODES: Readonly<Record<string, number>> = { Invalid: 422, Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

interface Constraints extends Selectors {
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  matchPolicy?: string;
}
interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}
interface Policy {
  failurePolicy?: string;
  matchConstraints?: Constraints;
  matchConditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
  validations?: Validation[];
  paramKind?: { apiVersion: string; kind: string };
}
interface Binding {
  policyName: string;
  matchResources?: Constraints;
  validationActions?: string[];
  paramRef?: { name?: string; namespace?: string; selector?: object; parameterNotFoundAction?: string };
}
interface Refusal {
  message: string;
  reason: string;
}
type Variables = Record<string, unknown>;

function constraintsMatch(constraints: Constraints | undefined, request: AdmissionRequest): boolean {
  if (!constraints) return true;
  const equivalent = constraints.matchPolicy !== 'Exact';
  const any = (rules: Rule[] | undefined): boolean => (rules ?? []).some((rule) => ruleMatches(rule, request, equivalent));
  if (any(constraints.excludeResourceRules)) return false;
  return (!constraints.resourceRules?.length || any(constraints.resourceRules)) && selectorsMatch(constraints, request);
}

/** `variables.x` are worked out when an expression asks for them, in order, each once. */
function withVariables(policy: Policy, base: Variables): Variables {
  const known: Variables = {};
  const all: Variables = { ...base, variables: known };
  for (const { name, expression } of policy.variables ?? []) {
    let value: unknown;
    let done = false;
    Object.defineProperty(known, name, {
      enumerable: true,
      get() {
        if (!done) value = compileCel(expression)(all as never);
        done = true;
        return value;
      },
    });
  }
  return all;
}

function messageOf({ message, messageExpression, expression }: Validation, variables: Variables): string {
  if (messageExpression) {
    try {
      const made = compileCel(messageExpression)(variables as never) as unknown;
      if (typeof made === 'string' && made.trim() !== '') return made;
    } catch {
      // an expression for the message that fails leaves the plain one
    }
  }
  return message?.trim() || `failed expression: ${expression}`;
}

/** The first thing that the policy has against the request. */
function evaluate(policy: Policy, variables: Variables): Refusal | undefined {
  const fails = policy.failurePolicy !== 'Ignore';
  try {
    for (const { expression } of policy.matchConditions ?? []) if (compileCel(expression)(variables as never) !== true) return undefined;
  } catch (error) {
    return fails ? { message: celMessage(error), reason: 'Invalid' } : undefined;
  }
  for (const validation of policy.validations ?? []) {
    try {
      if (compileCel(validation.expression)(variables as never) === true) continue;
    } catch (error) {
      if (!fails) continue;
      return { message: `expression '${validation.expression}' resulted in error: ${celMessage(error)}`, reason: 'Invalid' };
    }
    return { message: messageOf(validation, variables), reason: validation.reason || 'Invalid' };
  }
  return undefined;
}

/** The parameter objects of a binding; [undefined] for a policy without. */
function paramsOf({ core, target }: AdmissionRequest, policy: Policy, binding: Binding): (KubeObject | undefined)[] {
  const { paramKind } = policy;
  const ref = binding.paramRef;
  if (!paramKind || !ref) return [undefined];
  const { group, version } = parseApiVersion(paramKind.apiVersion);
  const kind = core.registry.byKind(group, version, paramKind.kind);
  if (!kind) return [];
  const namespace = kind.namespaced ? ref.namespace || target.namespace : '';
  const resource = groupResourceName({ group, resource: kind.resource });
  const found: Stored[] = ref.name
    ? [core.store.get({ resource, namespace, name: ref.name })].filter((s) => s !== undefined)
    : core.store.list({ resource, ...(namespace && { namespace }) }).items.filter((s) => labelSelectorAsSelector(ref.selector ?? {}).matches(s.labels));
  return found.map((s) => s.object as unknown as KubeObject);
}

function deny(request: AdmissionRequest, text: string, reason: string): StatusError {
  const { status } = forbiddenRequest(resourceOf(request.target.kind), requestName(request), text);
  return new StatusError({ ...status, reason, code: CODES[reason] ?? 422, details: { ...status.details, causes: [{ message: text }] } });
}

function checkBinding(request: AdmissionRequest, policyName: string, policy: Policy, bindingName: string, binding: Binding): void {
  const params = paramsOf(request, policy, binding);
  const head = `ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}' denied request: `;
  if (params.length === 0) {
    if (binding.paramRef?.parameterNotFoundAction !== 'Deny') return;
    if (policy.failurePolicy !== 'Ignore') throw deny(request, `${head}no params found for policy binding with \`Deny\` parameterNotFoundAction`, 'Invalid');
    return;
  }
  const actions = binding.validationActions ?? [];
  for (const param of params) {
    const refusal = evaluate(policy, withVariables(policy, celVariables(request, param)));
    if (!refusal) continue;
    if (actions.includes('Deny')) throw deny(request, head + refusal.message, refusal.reason);
    if (actions.includes('Warn')) {
      request.ctx.warn(`Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${refusal.message}`);
    }
  }
}

/** Rules of the cluster in CEL, each in force where a binding says so. */
export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  // who could forbid the policies could not be undone
  handles: ({ kind }, operation) => operation !== 'CONNECT' && kind.group !== GROUP,
  validate(request) {
    const { store } = request.core;
    if (store.count({ resource: BINDINGS }) === 0) return;
    for (const stored of store.list({ resource: BINDINGS }).items) {
      const binding = stored.object['spec'] as Binding;
      const policy = store.get({ resource: POLICIES, namespace: '', name: binding.policyName })?.object['spec'] as Policy | undefined;
      if (!policy || !constraintsMatch(policy.matchConstraints, request) || !constraintsMatch(binding.matchResources, request)) continue;
      checkBinding(request, binding.policyName, policy, stored.name, binding);
    }
  },
};
