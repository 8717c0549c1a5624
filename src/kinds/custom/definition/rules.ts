import { invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { checkRule } from '../../cel/check-rule.ts';
import type { JsonSchema, ValidationRule } from '../json-schema.ts';
import { findFieldPath } from './field-path.ts';
import { goRule } from './go-form.ts';
import type { AnySchema } from './spec.ts';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasBreaks = (text: string): boolean => /[\n\r]/.test(text);

function isPath(schema: AnySchema, path: string): boolean {
  try {
    findFieldPath(path, schema);
    return true;
  } catch {
    return false;
  }
}

function validateForm(rule: ValidationRule, schema: AnySchema, at: Path): FieldError[] {
  const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
  const text = (rule.rule ?? '').trim();
  const errors: FieldError[] = [];
  if (!text) errors.push(required(at.child('rule'), 'rule is not specified'));
  else if (message && !message.trim())
    errors.push(invalid(at.child('message'), message, 'message must be non-empty if specified'));
  else if (hasBreaks(message.trim()))
    errors.push(invalid(at.child('message'), message, 'message must not contain line breaks'));
  else if (hasBreaks(text) && !message.trim())
    errors.push(required(at.child('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression && !messageExpression.trim())
    errors.push(required(at.child('messageExpression'), 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS));
  if (!fieldPath) return errors;
  const pathAt = at.child('fieldPath');
  if (!fieldPath.trim()) errors.push(invalid(pathAt, fieldPath, 'fieldPath must be non-empty if specified'));
  if (hasBreaks(fieldPath)) errors.push(invalid(pathAt, fieldPath, 'fieldPath must not contain line breaks'));
  if (!isPath(schema, fieldPath)) errors.push(invalid(pathAt, fieldPath, 'fieldPath must be a valid path'));
  return errors;
}

/** The forms of x-kubernetes-validations, before any expression is read. */
export const validateRuleForms = (schema: AnySchema, at: Path): FieldError[] =>
  (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
    validateForm(rule, schema, at.child('x-kubernetes-validations').index(i)),
  );

/**
 * The expressions of x-kubernetes-validations.
 * @param within the first part above whose items cannot be told from those before; there `oldSelf` means nothing
 */
export function validateRuleExpressions(
  schema: AnySchema,
  at: Path,
  within: Path | undefined,
  root: boolean,
): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) => {
    const here = at.child('x-kubernetes-validations').index(i);
    const errors: FieldError[] = [];
    const optional = rule.optionalOldSelf === true;
    const { problem, usesOldSelf } = checkRule(rule.rule, schema as JsonSchema, 'bool', optional, root);
    if (problem) errors.push(invalid(here.child('rule'), goRule(rule), problem));
    if (rule.messageExpression) {
      const message = checkRule(rule.messageExpression, schema as JsonSchema, 'string', optional, root);
      if (message.problem)
        errors.push(invalid(here.child('messageExpression'), goRule(rule), `messageExpression ${message.problem}`));
    }
    if (usesOldSelf && within) {
      errors.push(
        invalid(
          here.child('rule'),
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${within}`,
        ),
      );
    }
    if (!usesOldSelf && !problem && rule.optionalOldSelf !== undefined) {
      errors.push(
        invalid(here.child('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
      );
    }
    return errors;
  });
}
