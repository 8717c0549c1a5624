import type { Kind } from '../../kinds/kind.ts';
import { forbiddenRequest, StatusError } from '../../meta/status.ts';
import { Slice } from '../fairness/turns.ts';
import { resourceOf } from '../target.ts';
import { constraintsMatch } from './matching/constraints.ts';
import type { Matched } from './matching/rules.ts';
import { AuditAnnotations, auditRefusal } from './policies/audit.ts';
import { askable, isExempt, wordsOf, type Asked } from './policies/asked.ts';
import { VALIDATING, boundPolicies, type Binding, type Bound } from './policies/bound.ts';
import { evaluate, type Refusal } from './policies/evaluate.ts';
import { paramKindOf } from './policies/params.ts';
import { celVariables } from './policies/variables.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { Views } from './view.ts';

type ValidatingPolicy = Bound<typeof VALIDATING>;
type ValidatingBinding = Binding<typeof VALIDATING>;

const CODES: Readonly<Record<string, number>> = {
  Invalid: 422,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

function deny(request: AdmissionRequest, text: string, reason: string): StatusError {
  const { status } = forbiddenRequest(resourceOf(request.target.kind), requestName(request), text);
  return new StatusError({
    ...status,
    reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes: [{ message: text }] },
  });
}

/** What keeps a policy or binding from being asked refuses the request, as its failurePolicy is. */
const misconfigured = ({ spec }: ValidatingPolicy, what: string, error: unknown): Refusal[] =>
  spec.failurePolicy === 'Ignore'
    ? []
    : [{ message: `failed to configure ${what}: ${wordsOf(error as Error)}`, reason: 'Invalid', index: 0 }];

/** What one binding refuses; what it only warns of is said here. */
async function refusalsOf(
  request: AdmissionRequest,
  { name, spec }: ValidatingPolicy,
  binding: ValidatingBinding,
  { matched, view, params }: Asked,
  annotations: AuditAnnotations,
): Promise<Refusal[]> {
  const actions = binding.spec.validationActions ?? [];
  const publish = (key: string, value: string): void => annotations.add(name, key, value);
  const found: Refusal[] = [];
  for (const param of params)
    found.push(...(await evaluate(spec, celVariables(request, matched, view, param), publish)));
  if (actions.includes('Warn')) {
    const head = `Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${binding.name}': `;
    for (const { message, always } of found) if (!always) request.ctx.warn(head + message);
  }
  if (actions.includes('Audit')) {
    const first = found.find(({ always }) => !always);
    if (first) auditRefusal(request.ctx.audit, binding.name, binding.spec, first);
  }
  return found.filter(({ always }) => always || actions.includes('Deny'));
}

/** The first that a policy refuses, and by which binding: all are asked, since all may warn. */
async function refusalOf(
  request: AdmissionRequest,
  policy: ValidatingPolicy,
  views: Views,
  annotations: AuditAnnotations,
): Promise<{ refusal: Refusal; binding?: ValidatingBinding } | undefined> {
  let matched: Matched | undefined;
  let params: Kind | undefined;
  try {
    matched = constraintsMatch(policy.spec.matchConstraints, request);
    if (!matched) return undefined;
    params = policy.spec.paramKind && paramKindOf(request.registry, policy.spec.paramKind);
  } catch (error) {
    const [refusal] = misconfigured(policy, 'policy', error);
    return refusal && { refusal };
  }
  let first: { refusal: Refusal; binding: ValidatingBinding } | undefined;
  for (const binding of policy.bindings) {
    const asked = await askable(request, binding, matched, params, views).catch((error: unknown) =>
      misconfigured(policy, 'binding', error),
    );
    if (!asked) continue;
    const [refusal] = 'view' in asked ? await refusalsOf(request, policy, binding, asked, annotations) : asked;
    if (refusal) first ??= { refusal, binding };
  }
  return first;
}

async function askPolicies(request: AdmissionRequest, policies: readonly ValidatingPolicy[]): Promise<void> {
  let refused: StatusError | undefined;
  const annotations = new AuditAnnotations();
  const views = new Views(request);
  const slice = new Slice();
  for (const policy of policies) {
    if (slice.over) await slice.next();
    const found = await refusalOf(request, policy, views, annotations);
    if (!found) continue;
    const by = found.binding ? ` with binding '${found.binding.name}'` : '';
    const head = `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: `;
    refused ??= deny(request, head + found.refusal.message, found.refusal.reason);
  }
  annotations.publish(request.ctx.audit);
  if (refused) throw refused;
}

/** Rules of the cluster in CEL, each in force where a binding says so. */
export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: ({ kind }) => !isExempt(kind.resource),
  // at once where there are none: a promise would be a turn of the microtasks for every write
  validate(request) {
    const policies = boundPolicies(request.store, VALIDATING);
    return policies.length ? askPolicies(request, policies) : undefined;
  },
};
