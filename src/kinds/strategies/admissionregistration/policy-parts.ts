import { isDeepStrictEqual } from 'node:util';
import type { MatchResources, ParamKind, ValidatingAdmissionPolicySpec, Variable } from '../../../../schema/types.ts';
import type { Variables } from '../../../cel/check.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../../meta/names.ts';
import type { ObjectMeta, Parts } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import { composeSteps } from '../../cel/admission.ts';
import { since, UNSET } from '../../cells.ts';
import type { Cell } from '../../kind.ts';
import { matchConditionErrors } from './match-conditions.ts';
import { defaultMatch, matchResourcesErrors } from './match-resources.ts';

/** What expressions know, with and without `authorizer`. */
export type Scope = (withAuthorizer: boolean) => Variables;

export const SPEC = Path.root('spec');
const RESERVED =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

/** What the specs of both kinds of policies have. */
type PolicySpec = Parts<
  Pick<ValidatingAdmissionPolicySpec, 'failurePolicy' | 'matchConditions' | 'matchConstraints' | 'paramKind'>
>;
interface Policy {
  metadata: ObjectMeta;
  spec?: PolicySpec | undefined;
}

export function defaultPolicy({ spec }: Policy): void {
  if (!spec) return;
  spec.failurePolicy ??= 'Fail';
  if (spec.matchConstraints) defaultMatch(spec.matchConstraints);
}

/** Whether a write leaves the conditions as they were, which are then not read again. */
export function keepsConditions(policy: Policy, old: Policy | undefined): boolean {
  const same = (field: keyof PolicySpec): boolean =>
    isDeepStrictEqual(policy.spec?.[field] ?? null, old?.spec?.[field] ?? null);
  return old !== undefined && same('paramKind') && same('matchConditions');
}

/**
 * By which parameters, and of which writes. Gives way after each condition.
 *
 * @param more what else is wrong with what is matched
 */
export function* matchErrors(
  { paramKind, matchConstraints, matchConditions }: PolicySpec,
  skipConditions: boolean,
  more: (match: Parts<MatchResources>, at: Path) => FieldError[] = () => [],
): Steps<FieldError[]> {
  const errors = paramKind ? paramKindErrors(paramKind) : [];
  const at = SPEC.child('matchConstraints');
  if (!matchConstraints) errors.push(required(at));
  else {
    errors.push(...matchResourcesErrors(matchConstraints, at));
    if (!matchConstraints.resourceRules?.length) errors.push(required(at.child('resourceRules')));
    errors.push(...more(matchConstraints, at));
  }
  if (skipConditions) return errors;
  const conditions = SPEC.child('matchConditions');
  return [...errors, ...(yield* matchConditionErrors(matchConditions, Boolean(paramKind), conditions))];
}

function paramKindErrors({ apiVersion = '', kind = '' }: Parts<ParamKind>): FieldError[] {
  const at = SPEC.child('paramKind');
  const errors: FieldError[] = [];
  const here = at.child('apiVersion');
  const parts = apiVersion.split('/');
  if (!apiVersion) errors.push(required(here));
  else if (parts.length > 2) errors.push(invalid(here, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const [group, version] = parts.length === 2 ? (parts as [string, string]) : ['', parts[0] as string];
    const badGroup = group ? isDns1123Subdomain(group) : [];
    if (badGroup.length) errors.push(invalid(here, group, badGroup.join(',')));
    const badVersion = version ? isDns1035Label(version) : [];
    if (!version) errors.push(invalid(here, apiVersion, 'version must be specified'));
    else if (badVersion.length) errors.push(invalid(here, version, badVersion.join(',')));
  }
  const badKind = kind ? isDns1035Label(kind.toLowerCase()) : [];
  if (!kind) errors.push(required(at.child('kind')));
  else if (badKind.length)
    errors.push(
      invalid(at.child('kind'), kind, `may have mixed case, but should otherwise match: ${badKind.join(',')}`),
    );
  return errors;
}

/** Each variable knows those before it. Gives the scope with `variables`. */
export function* variableErrors(
  list: readonly Parts<Variable>[],
  withParams: boolean,
  errors: FieldError[],
): Steps<Scope> {
  const { programs, variables } = yield* composeSteps(
    list.map(({ name = '', expression = '' }) => ({ name, expression })),
    withParams,
  );
  list.forEach(({ name = '', expression = '' }, i) => {
    const at = SPEC.child('variables').index(i);
    if (name.trim() === '') errors.push(required(at.child('name'), 'name is not specified'));
    else if (!IDENTIFIER.test(name) || RESERVED.test(name))
      errors.push(invalid(at.child('name'), name, 'must be a valid CEL identifier'));
    if (expression.trim() === '') return errors.push(required(at.child('expression'), 'expression is not specified'));
    const compiled = programs.get(name);
    if (compiled && 'error' in compiled) errors.push(invalid(at.child('expression'), expression, compiled.error));
    return undefined;
  });
  return variables;
}

/** A row of the Table, with how many rules there are. */
export function policyCells({ metadata, spec }: Policy, rules: readonly unknown[] | undefined, now: number): Cell[] {
  const of = spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : UNSET;
  return [metadata.name, rules?.length ?? 0, of, since(metadata.creationTimestamp, now)];
}
