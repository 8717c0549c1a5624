import { CelError } from '../../cel/values.ts';
import type { Steps } from '../../meta/steps.ts';
import { compileRule, type RuleScope } from '../cel/check-rule.ts';
import { CALL_LIMIT, MAX_MESSAGE } from '../cel/limits.ts';
import type { ValidationRule } from './json-schema.ts';

/** How messages name a rule. */
export const toldOf = ({ message, rule }: ValidationRule): string => (message ? message.trim() : rule.trim());

export interface RuleMessage {
  text: string;
  cost: number;
  /** the text is why no rule runs any more */
  fatal: boolean;
}

/** What a rule says that does not hold. @param budget what its messageExpression may cost */
export function* ruleMessage(
  rule: ValidationRule,
  scope: RuleScope,
  variables: Readonly<Record<string, unknown>>,
  budget: number,
): Steps<RuleMessage> {
  const plain = { text: rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`, fatal: false };
  if (!rule.messageExpression) return { ...plain, cost: 0 };
  const compiled = yield* compileRule(rule.messageExpression, scope, 'string', rule.optionalOldSelf === true);
  if ('error' in compiled) return { ...plain, cost: 0 };
  const { value, cost, exceeded } = compiled.program.run(variables, CALL_LIMIT);
  if (cost > budget) {
    const text =
      'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run';
    return { text, cost, fatal: true };
  }
  if (exceeded) {
    const text = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`;
    return { text, cost, fatal: true };
  }
  // a message that cannot be made falls back to the fixed one
  if (value instanceof CelError || typeof value !== 'string') return { ...plain, cost };
  const text = value.trim();
  const good = text !== '' && Buffer.byteLength(text) <= MAX_MESSAGE && !text.includes('\n');
  return good ? { text, cost, fatal: false } : { ...plain, cost };
}
