import type { Variables } from '../../cel/check.ts';
import { compileSteps, type Program } from '../../cel/expression.ts';
import { optionalOf } from '../../cel/types.ts';
import { atOnce, type Steps } from '../../meta/steps.ts';
import type { JsonSchema } from '../custom/json-schema.ts';
import { schemaType, timesInRequest } from './schema-type.ts';

/** What a rule knows at a schema, and how often the schema's value may stand in an object. */
export interface RuleScope {
  variables: Variables;
  /** where `oldSelf` is optional */
  optional: Variables;
  /** as often as its least value fits into a request */
  most: number;
  /** what is known of its rules: a definition may have more of them than programs are kept */
  known: Map<string, RuleFacts>;
}
/** What a definition's validation asks of a rule. */
export interface RuleFacts {
  /** why there is no program */
  error?: string;
  /** the most that a run may cost */
  cost: number;
  usesOldSelf: boolean;
}
const kept = new WeakMap<JsonSchema, { whole: boolean; scope: RuleScope | undefined }>();

/** @param whole the schema is that of a whole object. Undefined: rules cannot see its values */
export function ruleScope(schema: JsonSchema, whole: boolean): RuleScope | undefined {
  let found = kept.get(schema);
  if (found?.whole !== whole) kept.set(schema, (found = { whole, scope: make(schema, whole) }));
  return found.scope;
}
function make(schema: JsonSchema, whole: boolean): RuleScope | undefined {
  const found = schemaType(schema, 'selfType', whole);
  if (!found) return undefined;
  const { type: self, least } = found;
  return {
    variables: { self, oldSelf: self },
    optional: { self, oldSelf: optionalOf(self) },
    most: timesInRequest(least),
    known: new Map(),
  };
}

/** What is known of a rule that is only to be judged. */
export const ruleFacts = (...of: Parameters<typeof readRule>): RuleFacts => atOnce(readRule(...of));

/** The same in steps; where it was read before there are none. */
export function* readRule(
  expression: string,
  scope: RuleScope,
  result: 'bool' | 'string',
  optionalOldSelf: boolean,
): Steps<RuleFacts> {
  const key = `${result} ${optionalOldSelf} ${expression}`;
  let facts = scope.known.get(key);
  if (!facts) {
    const compiled = yield* compileRule(expression, scope, result, optionalOldSelf);
    facts =
      'error' in compiled
        ? { error: compiled.error, cost: 0, usesOldSelf: false }
        : { cost: compiled.program.estimate.max, usesOldSelf: compiled.program.uses.has('oldSelf') };
    scope.known.set(key, facts);
  }
  return facts;
}

/** The program of an expression of x-kubernetes-validations, or why it is none, in the words of the API server. */
export function* compileRule(
  expression: string,
  { variables, optional }: RuleScope,
  result: 'bool' | 'string',
  optionalOldSelf: boolean,
): Steps<{ program: Program } | { error: string }> {
  const compiled = yield* compileSteps(expression, optionalOldSelf ? optional : variables);
  if ('error' in compiled || compiled.program.type.kind === result) return compiled;
  return { error: result === 'bool' ? 'cel expression must evaluate to a bool' : 'must evaluate to a string' };
}
