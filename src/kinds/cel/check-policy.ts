import type {
  ExpressionWarning,
  NamedRuleWithOperations,
  ParamKind,
  ValidatingAdmissionPolicy,
  Variable,
} from '../../../schema/types.ts';
import type { Variables } from '../../cel/check.ts';
import { typeSteps } from '../../cel/expression.ts';
import { DYN, type Type } from '../../cel/types.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { Steps } from '../../meta/steps.ts';
import { CHECKED_VARIABLES, declared, variablesType } from './admission.ts';
import type { CheckedKind } from './checked-kinds.ts';

/** So many kinds are found by a rule, and then no more is looked for. */
const MOST_KINDS = 10;

/** Resources of a rule that name one each; a rule for any group or version is about too many. */
function resourcesOf({ apiGroups = [], apiVersions = [], resources = [] }: NamedRuleWithOperations): string[][] {
  if ([...apiGroups, ...apiVersions].some((text) => text.includes('*'))) return [];
  const named = resources.filter((text) => !/[*/]/.test(text)).sort();
  const versions = [...apiVersions].sort();
  return [...apiGroups]
    .sort()
    .flatMap((group) => versions.flatMap((version) => named.map((resource) => [group, version, resource])));
}

/** As a REST mapper finds them: by plural or singular in any case; of the core group, of every group. */
const isNamed = (kind: CheckedKind, [group, version, name = '']: readonly string[]): boolean =>
  (!group || kind.group === group) &&
  kind.version === version &&
  [kind.resource, kind.singular].includes(name.toLowerCase());

const order = (a: CheckedKind, b: CheckedKind): number => {
  const [one, other] = [a, b].map(({ group, version, kind }) => [group, version, kind]) as [string[], string[]];
  const at = one.findIndex((text, i) => text !== other[i]);
  return at < 0 ? 0 : (one[at] as string) < (other[at] as string) ? -1 : 1;
};

/** The kinds that a policy is checked for, in order. Source: apiserver's typesToCheck. */
function kindsOf({ spec }: ValidatingAdmissionPolicy, kinds: readonly CheckedKind[]): CheckedKind[] {
  const found = new Set<CheckedKind>();
  const within = (rule: NamedRuleWithOperations): boolean => {
    let count = 0;
    for (const names of resourcesOf(rule)) {
      for (const kind of kinds) {
        if (!isNamed(kind, names)) continue;
        found.add(kind);
        if (++count === MOST_KINDS) return false;
      }
    }
    return true;
  };
  spec?.matchConstraints?.resourceRules?.every(within);
  return [...found].sort(order);
}

function paramType(
  param: ParamKind | undefined,
  kinds: readonly CheckedKind[],
  suffix: () => number,
): Type | undefined {
  const { group, version } = parseApiVersion(param?.apiVersion ?? '');
  const kind = kinds.find((each) => each.group === group && each.version === version && each.kind === param?.kind);
  return kind?.type(`${kind.kind}${suffix()}`);
}

/** What expressions know of an object of one kind: variables have the types of their values, those that have none any. */
function* variablesOf(list: readonly Variable[], known: Variables): Steps<Variables> {
  const types: Record<string, Type> = {};
  for (const { name, expression } of list) {
    const found = yield* typeSteps(expression, { ...known, variables: variablesType(types) });
    types[name] = 'type' in found ? declared(found.type) : DYN;
    yield;
  }
  return { ...known, variables: variablesType(types) };
}

interface Checked {
  readonly kind: CheckedKind;
  readonly variables: Variables;
}

function* warningOf(expression: string, checked: readonly Checked[]): Steps<string> {
  const problems: string[] = [];
  for (const { kind, variables } of checked) {
    const { group, version, kind: name } = kind;
    const found = yield* typeSteps(expression, variables);
    if ('problems' in found) problems.push(`${group}/${version}, Kind=${name}: ${found.problems}\n`);
    yield;
  }
  return problems.join('\n');
}

/**
 * What the expressions of a policy have against the kinds that it is about: fields that these do not have, comparisons
 * of different types. Gives way after each expression. Source: apiserver's validating/typechecking.go.
 * @param kinds all that are served
 * @param suffix makes the names of types in messages unique, as there, where it is nanoseconds
 */
export function* policyWarnings(
  policy: ValidatingAdmissionPolicy,
  kinds: readonly CheckedKind[],
  suffix: () => number,
): Steps<ExpressionWarning[]> {
  const { validations = [], variables = [], paramKind } = policy.spec ?? {};
  const params = paramType(paramKind, kinds, suffix);
  const checked: Checked[] = [];
  for (const kind of kindsOf(policy, kinds)) {
    const object = kind.type(`${kind.kind}${suffix()}`) ?? DYN;
    const known = { ...CHECKED_VARIABLES, object, oldObject: object, ...(params && { params }) };
    checked.push({ kind, variables: yield* variablesOf(variables, known) });
  }
  const warnings: ExpressionWarning[] = [];
  for (const [i, { expression, messageExpression }] of validations.entries()) {
    for (const [field, text] of Object.entries({ expression, messageExpression })) {
      if (field === 'messageExpression' && !text) continue;
      const warning = yield* warningOf(text ?? '', checked);
      if (warning) warnings.push({ fieldRef: `spec.validations[${i}].${field}`, warning });
    }
  }
  return warnings;
}
