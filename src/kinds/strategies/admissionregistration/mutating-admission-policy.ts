import { isDeepStrictEqual } from 'node:util';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicySpec,
  Mutation,
} from '../../../../schema/optional-types.ts';
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
import { since } from '../../cells.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { matchConditionErrors } from './match-conditions.ts';
import { defaultMatch, FAILURE_POLICIES, matchResourcesErrors } from './match-resources.ts';
import { paramKindCell, paramKindErrors, SPEC, variableErrors, type Scope } from './policy-parts.ts';
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
  if (spec.paramKind) errors.push(...paramKindErrors(spec.paramKind));
  const match = SPEC.child('matchConstraints');
  if (!spec.matchConstraints) errors.push(required(match));
  else {
    errors.push(...matchResourcesErrors(spec.matchConstraints, match));
    if (!spec.matchConstraints.resourceRules?.length) errors.push(required(match.child('resourceRules')));
    errors.push(...mutableErrors(spec.matchConstraints, match));
  }
  const withParams = Boolean(spec.paramKind);
  if (!skipConditions)
    errors.push(...(yield* matchConditionErrors(spec.matchConditions, withParams, SPEC.child('matchConditions'))));
  const scope = yield* variableErrors(spec.variables ?? [], withParams, errors);
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
  unconditionalUpdate: false,
  defaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints) defaultMatch(spec.matchConstraints);
  },
  validateSteps: (object, old) => {
    const same = (field: keyof MutatingAdmissionPolicySpec): boolean =>
      isDeepStrictEqual(object.spec?.[field] ?? null, old?.spec?.[field] ?? null);
    return policyErrors(object, old !== undefined && same('paramKind') && same('matchConditions'));
  },
  cells,
};

function cells({ metadata, spec }: Policy, now: number): Cell[] {
  const count = spec?.mutations?.length ?? 0;
  return [metadata.name, count, paramKindCell(spec?.paramKind), since(metadata.creationTimestamp, now)];
}
