import type { MatchCondition } from '../../../../schema/types.ts';
import { duplicate, invalid, required, tooMany, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { admissionVariables } from '../../cel/admission.ts';
import { checkCel } from '../../cel/check.ts';
import type { CelType } from '../../cel/types.ts';
import { validateLabelName } from '../../validation/labels.ts';

const MAX_CONDITIONS = 64;
/** An expression's mistakes as an error of its field. */
export function expressionErrors(
  expression: string,
  variables: Readonly<Record<string, CelType>>,
  returns: readonly string[],
  at: Path,
): FieldError[] {
  const { error } = checkCel(expression, variables, returns);
  return error === undefined ? [] : [invalid(at, expression, error)];
}

/** Conditions of a webhook (no parameters) or a policy. */
export function matchConditionErrors(
  conditions: readonly Parts<MatchCondition>[] | undefined,
  withParams: boolean,
  at: Path,
): FieldError[] {
  const variables = { ...admissionVariables, authorizer: 'dyn', ...(withParams && { params: 'dyn' }) };
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if ((conditions?.length ?? 0) > MAX_CONDITIONS) errors.push(tooMany(at, conditions!.length, MAX_CONDITIONS));
  conditions?.forEach(({ name, expression = '' }, i) => {
    const here = at.index(i);
    const text = expression.trim();
    if (text === '') errors.push(required(here.child('expression')));
    else errors.push(...expressionErrors(text, variables, ['bool'], here.child('expression')));
    if (!name) return errors.push(required(here.child('name')));
    errors.push(...validateLabelName(name, here.child('name')));
    if (names.has(name)) errors.push(duplicate(here.child('name'), name));
    names.add(name);
    return undefined;
  });
  return errors;
}
