import {
  forbidden,
  internalFieldError,
  invalid,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../meta/field.ts';
import { readRule, ruleFacts, ruleScope, type RuleScope } from '../../cel/check-rule.ts';
import { overBudget, RULE_LIMIT } from '../../cel/limits.ts';
import type { JsonSchema, ValidationRule } from '../json-schema.ts';
import { findFieldPath } from './field-path.ts';
import { goRule } from './go-form.ts';
import type { RuleCosts } from './rule-costs.ts';
import type { AnySchema } from './spec.ts';
import { isUnsupported, someSchema } from './walk.ts';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const RULES = 'x-kubernetes-validations';
const NONE: readonly FieldError[] = [];
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
    errors.push(invalid(at.child('message'), message, 'must be non-empty if specified'));
  else if (hasBreaks(message.trim()))
    errors.push(invalid(at.child('message'), message, 'must not contain line breaks'));
  else if (hasBreaks(text) && !message.trim())
    errors.push(required(at.child('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression && !messageExpression.trim())
    errors.push(required(at.child('messageExpression'), 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS));
  if (!fieldPath) return errors;
  const pathAt = at.child('fieldPath');
  if (!fieldPath.trim()) errors.push(invalid(pathAt, fieldPath, 'must be non-empty if specified'));
  if (hasBreaks(fieldPath)) errors.push(invalid(pathAt, fieldPath, 'must not contain line breaks'));
  if (!isPath(schema, fieldPath)) errors.push(invalid(pathAt, fieldPath, 'must be a valid path'));
  return errors;
}

/** The forms of x-kubernetes-validations, before any expression is read. */
export const validateRuleForms = (schema: AnySchema, at: Path): readonly FieldError[] =>
  schema['x-kubernetes-validations']?.flatMap((rule, i) =>
    validateForm(rule, schema, at.child('x-kubernetes-validations').index(i)),
  ) ?? NONE;

/** Where rules stand, and how often what they are about may stand in one object. */
export interface RulePlace {
  /** the first part above whose items cannot be told from those before; there `oldSelf` means nothing */
  within?: Path;
  /** of the schema of a whole object */
  root?: boolean;
  /** undefined: nothing above bounds it */
  times: number | undefined;
  costs: RuleCosts;
}

/** The expressions of x-kubernetes-validations, and what they may cost. */
export function validateRuleExpressions(schema: AnySchema, at: Path, place: RulePlace): readonly FieldError[] {
  const rules = schema['x-kubernetes-validations'];
  if (!rules?.length) return NONE;
  const scope = ruleScope(schema as JsonSchema, place.root ?? false);
  if (!scope) {
    const why = 'internal error: failed to retrieve type information for x-kubernetes-validations';
    return [internalFieldError(at.child('x-kubernetes-validations'), why)];
  }
  return rules.flatMap((rule, i) => ruleErrors(rule, at.child('x-kubernetes-validations').index(i), scope, place));
}

function ruleErrors(rule: ValidationRule, here: Path, scope: RuleScope, place: RulePlace): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.rule?.trim()) return errors;
  const optional = rule.optionalOldSelf === true;
  const facts = ruleFacts(rule.rule, scope, 'bool', optional);
  if (facts.error === undefined) {
    const cost = facts.cost * (place.times ?? scope.most);
    const at = here.child('rule');
    if (cost > RULE_LIMIT && !place.costs.kept)
      errors.push(forbidden(at, overBudget('estimated rule cost', cost, RULE_LIMIT)));
    place.costs.count(at, cost);
    errors.push(...messageErrors(rule, here.child('messageExpression'), scope, place.costs));
  } else errors.push(invalid(here.child('rule'), goRule(rule), facts.error));
  if (facts.usesOldSelf) {
    if (place.within) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.within}`;
      errors.push(invalid(here.child('rule'), rule.rule, why));
    }
  } else if (rule.optionalOldSelf !== undefined) {
    const why = 'may not be set if oldSelf is not used in rule';
    errors.push(invalid(here.child('optionalOldSelf'), rule.optionalOldSelf, why));
  }
  return errors;
}

function messageErrors(rule: ValidationRule, at: Path, scope: RuleScope, costs: RuleCosts): FieldError[] {
  if (!rule.messageExpression) return [];
  const { error, cost } = ruleFacts(rule.messageExpression, scope, 'string', rule.optionalOldSelf === true);
  if (error !== undefined) return [invalid(at, goRule(rule), `messageExpression ${error}`)];
  costs.count(at, cost);
  if (cost <= RULE_LIMIT || costs.kept) return [];
  return [forbidden(at, overBudget('estimated messageExpression cost', cost, RULE_LIMIT))];
}

/** Reads all rules of a schema, one at a time, so that their validation finds them read. */
export function* readRules(root: AnySchema): Generator<void> {
  const ruled = withRules(root);
  // what is not structural has rules that nobody reads
  if (ruled.length === 0 || someSchema(root, isUnsupported)) return;
  for (const schema of ruled) {
    const scope = ruleScope(schema as JsonSchema, schema === root);
    for (const { rule, messageExpression, optionalOldSelf = false } of scope ? schema[RULES]! : []) {
      if (rule?.trim()) yield* readRule(rule, scope as RuleScope, 'bool', optionalOldSelf);
      yield;
      if (messageExpression) yield* readRule(messageExpression, scope as RuleScope, 'string', optionalOldSelf);
      yield;
    }
  }
}

/** The schemas below one, itself first, that have rules. */
function withRules(schema: AnySchema, found: AnySchema[] = []): AnySchema[] {
  if (schema[RULES]?.length) found.push(schema);
  const { items, properties, additionalProperties } = schema;
  if (items && !Array.isArray(items)) withRules(items, found);
  if (typeof additionalProperties === 'object') withRules(additionalProperties, found);
  for (const name in properties) withRules(properties[name]!, found);
  return found;
}
