import type { MutatingAdmissionPolicy, Mutation } from '../../../../schema/optional-types.ts';
import type { MatchResources } from '../../../../schema/types.ts';
import {
  internalFieldError,
  invalid,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import { compileMutation } from '../../cel/mutations.ts';
import type { Strategy } from '../../kind.ts';
import { FAILURE_POLICIES } from './match-resources.ts';
import {
  defaultPolicy,
  keepsConditions,
  matchErrors,
  policyCells,
  SPEC,
  variableErrors,
  type Scope,
} from './policy-parts.ts';
import { REINVOCATION_POLICIES } from './webhooks.ts';

type Policy = Unchecked<MutatingAdmissionPolicy>;

const OPERATIONS = ['CREATE', 'UPDATE'];
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch'];
/** Where the patch of a type is. */
const FIELDS = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

/** Nothing else than what is written can be changed. */
export function mutableErrors(match: Parts<MatchResources> | undefined, at: Path): FieldError[] {
  const here = at.child('resourceRules', 'operations');
  return (match?.resourceRules ?? []).flatMap(({ operations = [] }) =>
    operations.filter((one) => !OPERATIONS.includes(one)).map((one) => notSupported(here, one, OPERATIONS)),
  );
}

function* mutationErrors(mutation: Parts<Mutation>, scope: Scope, at: Path): Steps<FieldError[]> {
  const { patchType } = mutation;
  if (!patchType) return [required(at.child('patchType'))];
  if (!PATCH_TYPES.includes(patchType)) return [notSupported(at.child('patchType'), patchType, PATCH_TYPES)];
  const field = FIELDS[patchType];
  const other = patchType === 'JSONPatch' ? 'applyConfiguration' : 'jsonPatch';
  const patch = mutation[field];
  const errors: FieldError[] = [];
  if (!patch) errors.push(required(at.child(field), `must be specified when patchType is ${patchType}`));
  else {
    const text = patch.expression?.trim() ?? '';
    const here = at.child(field, 'expression');
    const compiled = text ? yield* compileMutation(patchType, text, scope(true)) : undefined;
    if (!compiled) errors.push(required(here));
    else if ('error' in compiled)
      errors.push(
        compiled.error.startsWith('program instantiation failed')
          ? internalFieldError(here, compiled.error)
          : invalid(here, text, compiled.error),
      );
  }
  if (mutation[other])
    errors.push(invalid(at.child(other), `{${other}}`, `must not be specified when patchType is ${patchType}`));
  return errors;
}

/** Gives way after each expression. */
function* policyErrors({ spec = {} }: Policy, skipConditions: boolean): Steps<FieldError[]> {
  const errors: FieldError[] = [];
  const failure = spec.failurePolicy;
  const policies = SPEC.child('failurePolicy');
  if (failure === undefined) errors.push(required(policies));
  else if (!FAILURE_POLICIES.includes(failure)) errors.push(notSupported(policies, failure, FAILURE_POLICIES));
  errors.push(...(yield* matchErrors(spec, skipConditions, mutableErrors)));
  const scope = yield* variableErrors(spec.variables ?? [], Boolean(spec.paramKind), errors);
  const mutations = SPEC.child('mutations');
  if (!spec.mutations?.length) errors.push(required(mutations, 'mutations must contain at least one item'));
  for (const [i, mutation] of (spec.mutations ?? []).entries()) {
    errors.push(...(yield* mutationErrors(mutation, scope, mutations.index(i))));
    yield;
  }
  const again = spec.reinvocationPolicy;
  const at = SPEC.child('reinvocationPolicy');
  if (!again) errors.push(required(at));
  else if (!REINVOCATION_POLICIES.includes(again)) errors.push(notSupported(at, again, REINVOCATION_POLICIES));
  return errors;
}

/** admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy */
export const mutatingAdmissionPolicyStrategy: Strategy<MutatingAdmissionPolicy> = {
  metadata: { whole: 1, update: false, finalizers: 'any' },
  unconditionalUpdate: false,
  defaults: defaultPolicy,
  validateSteps: (policy, old) => policyErrors(policy, keepsConditions(policy, old)),
  cells: (policy, now) => policyCells(policy, policy.spec?.mutations, now),
};
