import type { Validation, ValidatingAdmissionPolicySpec } from '../../../../schema/types.ts';
import { aggregate } from '../../../meta/aggregate.ts';
import { celMessage, compileCel } from '../../../kinds/cel.ts';

/** The part of a ValidatingAdmissionPolicy that is evaluated. */
export type Expressions = Pick<
  ValidatingAdmissionPolicySpec,
  'auditAnnotations' | 'failurePolicy' | 'matchConditions' | 'validations' | 'variables'
>;
/** Something that a policy has against a request. */
export interface Refusal {
  message: string;
  reason: string;
  /** refuses whatever a binding's actions are */
  always?: boolean;
}
type Variables = Record<string, unknown>;

const MAX_MESSAGE = 5 * 1024;
const run = (expression: string, variables: Variables): unknown => compileCel(expression)(variables as never);
const failed = (expression: string, error: unknown): string =>
  `expression '${expression}' resulted in error: ${celMessage(error)}`;

/** `variables.x` are worked out when an expression asks for them, in order, each once. */
function withVariables({ variables = [] }: Expressions, base: Variables): Variables {
  const known: Variables = {};
  const all: Variables = { ...base, variables: known };
  for (const { name, expression } of variables) {
    let value: unknown;
    let done = false;
    Object.defineProperty(known, name, {
      enumerable: true,
      get() {
        try {
          if (!done) value = run(expression, all);
        } catch (error) {
          throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${celMessage(error)}`, {
            cause: error,
          });
        }
        done = true;
        return value;
      },
    });
  }
  return all;
}

function messageOf({ message, messageExpression, expression }: Validation, variables: Variables): string {
  let made: unknown;
  try {
    if (messageExpression) made = run(messageExpression, variables);
  } catch {
    // an expression for the message that fails leaves the plain one
  }
  const text = typeof made === 'string' ? made.trim() : '';
  if (text && text.length <= MAX_MESSAGE && !text.includes('\n')) return text;
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

/** False where a condition says that a policy or webhook is not about this request; errors count only where none does. */
export function isAbout(
  { matchConditions = [] }: Pick<Expressions, 'matchConditions'>,
  variables: Variables,
): boolean | Error {
  const errors: string[] = [];
  for (const { expression } of matchConditions) {
    try {
      if (run(expression, variables) !== true) return false;
    } catch (error) {
      errors.push(failed(expression, error));
    }
  }
  if (errors.length === 0) return true;
  return new Error(aggregate(errors));
}

/** All that a policy has against a request, in the order of its validations. */
export function evaluate(policy: Expressions, base: Variables): Refusal[] {
  const fails = policy.failurePolicy !== 'Ignore';
  const variables = withVariables(policy, base);
  const about = isAbout(policy, variables);
  if (about === false) return [];
  if (about !== true) return fails ? [{ message: about.message, reason: 'Invalid' }] : [];
  const refusals: Refusal[] = [];
  for (const validation of policy.validations ?? []) {
    try {
      if (run(validation.expression, variables) !== true)
        refusals.push({ message: messageOf(validation, variables), reason: validation.reason || 'Invalid' });
    } catch (error) {
      if (fails) refusals.push({ message: failed(validation.expression, error), reason: 'Invalid' });
    }
  }
  if (!fails) return refusals;
  for (const { valueExpression } of policy.auditAnnotations ?? []) {
    try {
      run(valueExpression, variables);
    } catch (error) {
      refusals.push({
        message: `valueExpression '${valueExpression}' resulted in error: ${celMessage(error)}`,
        reason: 'Invalid',
        always: true,
      });
    }
  }
  return refusals;
}
