import type {
  MatchResources,
  ValidatingAdmissionPolicyBindingSpec as Binding,
  ValidatingAdmissionPolicySpec as Policy,
} from '../../../schema/types.ts';
import { objectOf } from '../../kinds/encode.ts';
import type { KubeObject } from '../../meta/object.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import { groupResourceName, parseApiVersion } from '../../meta/gvk.ts';
import { forbiddenRequest, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { hasWebhook, inKindsVersion } from '../conversion/stored-version.ts';
import { Slice } from '../fairness/turns.ts';
import { resourceOf } from '../target.ts';
import { objectAs } from '../object-as.ts';
import { AuditAnnotations, auditRefusal } from './policies/audit.ts';
import { evaluate, type Refusal } from './policies/evaluate.ts';
import type { Rule } from '../../kinds/strategies/admissionregistration/match-rules.ts';
import { ruleMatches, selectorsMatch } from './policies/matching.ts';
import { celVariables } from './policies/variables.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}` as const;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}` as const;
const CODES: Readonly<Record<string, number>> = {
  Invalid: 422,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

function constraintsMatch(constraints: MatchResources | undefined, request: AdmissionRequest): boolean {
  if (!constraints) return true;
  const equivalent = constraints.matchPolicy !== 'Exact';
  const any = (rules: Rule[] | undefined): boolean =>
    (rules ?? []).some((rule) => ruleMatches(rule, request, equivalent));
  if (any(constraints.excludeResourceRules)) return false;
  return (!constraints.resourceRules?.length || any(constraints.resourceRules)) && selectorsMatch(constraints, request);
}

/** The parameter objects of a binding; [undefined] for a policy without. Throws an Error that says why there are none. */
async function paramsOf(
  { store, destinations, registry, target }: AdmissionRequest,
  policy: Policy,
  binding: Binding,
): Promise<(KubeObject | undefined)[]> {
  const { paramKind } = policy;
  const ref = binding.paramRef;
  if (!paramKind || !ref) return [undefined];
  const { apiVersion = '', kind: name = '' } = paramKind;
  const { group, version } = parseApiVersion(apiVersion);
  const kind = registry.byKind(group, version, name);
  if (!kind) throw new Error(`paramKind kind \`${apiVersion}, Kind=${name}\` not known`);
  const namespace = kind.namespaced ? ref.namespace || target.namespace : '';
  if (kind.namespaced && !namespace)
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const resource = groupResourceName({ group, resource: kind.resource });
  const found: Stored[] = ref.name
    ? [store.get({ resource, namespace, name: ref.name })].filter((s) => s !== undefined)
    : store
        .list({ resource, ...(namespace && { namespace }) })
        .items.filter((s) => labelSelectorAsSelector(ref.selector ?? {}).matches(s.labels));
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  const params = hasWebhook(kind) ? await inKindsVersion({ store, destinations }, kind, found) : found;
  return params.map((stored) => objectOf(kind, stored));
}

function deny(request: AdmissionRequest, text: string, reason: string): StatusError {
  const { status } = forbiddenRequest(resourceOf(request.target.kind), requestName(request), text);
  return new StatusError({
    ...status,
    reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes: [{ message: text }] },
  });
}

/** What one binding refuses; what it only warns of is said here. */
async function refusalsOf(
  request: AdmissionRequest,
  policy: Policy,
  bindingName: string,
  binding: Binding,
  annotations: AuditAnnotations,
): Promise<Refusal[]> {
  let params: (KubeObject | undefined)[];
  try {
    params = await paramsOf(request, policy, binding);
  } catch (error) {
    return policy.failurePolicy === 'Ignore'
      ? []
      : [{ message: `failed to configure binding: ${(error as Error).message}`, reason: 'Invalid', index: 0 }];
  }
  const actions = binding.validationActions ?? [];
  const publish = (key: string, value: string): void => annotations.add(binding.policyName ?? '', key, value);
  const found: Refusal[] = [];
  for (const param of params) found.push(...(await evaluate(policy, celVariables(request, param), publish)));
  if (actions.includes('Warn')) {
    for (const { message, always } of found) {
      if (!always)
        request.ctx.warn(
          `Validation failed for ValidatingAdmissionPolicy '${binding.policyName}' with binding '${bindingName}': ${message}`,
        );
    }
  }
  if (actions.includes('Audit')) {
    const first = found.find(({ always }) => !always);
    if (first) auditRefusal(request.ctx.audit, bindingName, binding, first);
  }
  return found.filter(({ always }) => always || actions.includes('Deny'));
}

/** Questions that decide nothing, and policies themselves: who could forbid these could not be undone. */
const EXEMPT =
  /admissionpolicies|admissionpolicybindings|^(?:tokenreviews|selfsubjectreviews|(?:local|self)?subjectaccessreviews|selfsubjectrulesreviews)$/;

/** Rules of the cluster in CEL, each in force where a binding says so. */
export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: ({ kind }, operation) => operation !== 'CONNECT' && !EXEMPT.test(kind.resource),
  async validate(request) {
    const { store } = request;
    if (store.count({ resource: BINDINGS }) === 0) return;
    let refused: StatusError | undefined;
    const annotations = new AuditAnnotations();
    const slice = new Slice();
    // all are asked, since all may warn; the first that refuses is told
    for (const stored of store.list({ resource: BINDINGS }).items) {
      if (slice.over) await slice.next();
      const binding = objectAs(BINDINGS, stored).spec ?? {};
      const name = binding.policyName ?? '';
      const found = store.get({ resource: POLICIES, namespace: '', name });
      const policy = found && objectAs(POLICIES, found).spec;
      if (
        !policy ||
        !constraintsMatch(policy.matchConstraints, request) ||
        !constraintsMatch(binding.matchResources, request)
      )
        continue;
      const [first] = await refusalsOf(request, policy, stored.name, binding, annotations);
      if (!first) continue;
      const head = `ValidatingAdmissionPolicy '${name}' with binding '${stored.name}' denied request: `;
      refused ??= deny(request, head + first.message, first.reason);
    }
    annotations.publish(request.ctx.audit);
    if (refused) throw refused;
  },
};
