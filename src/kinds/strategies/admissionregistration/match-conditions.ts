import type { MatchCondition } from '../../../../schema/types.ts';
import { duplicate, invalid, required, tooMany, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { Variables } from '../../../cel/check.ts';
import { admissionVariables, compileFor } from '../../cel/admission.ts';
import { validateLabelName } from '../../validation/labels.ts';

const MAX_CONDITIONS = 64;
/** An expression's mistakes as an error of its field. */
export function* expressionErrors(
  expression: string,
  variables: Variables,
  returns: readonly string[],
  at: Path,
): Steps<FieldError[]> {
  const compiled = yield* compileFor(expression, variables, returns);
  return 'error' in compiled ? [invalid(at, expression, compiled.error)] : [];
}

/** Conditions of a webhook (no parameters) or a policy. Gives way after each. */
export function* matchConditionErrors(
  conditions: readonly Parts<MatchCondition>[] | undefined,
  withParams: boolean,
  at: Path,
): Steps<FieldError[]> {
  const variables = admissionVariables(withParams, true);
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if ((conditions?.length ?? 0) > MAX_CONDITIONS) errors.push(tooMany(at, conditions!.length, MAX_CONDITIONS));
  for (const [i, { name, expression = '' }] of (conditions ?? []).entries()) {
    const here = at.index(i);
    const text = expression.trim();
    if (text === '') errors.push(required(here.child('expression')));
    else errors.push(...(yield* expressionErrors(text, variables, ['bool'], here.child('expression'))));
    yield;
    if (name) {
      errors.push(...validateLabelName(name, here.child('name')));
      if (names.has(name)) errors.push(duplicate(here.child('name'), name));
      names.add(name);
    } else errors.push(required(here.child('name')));
  }
  return errors;
}
