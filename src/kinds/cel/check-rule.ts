import { compileCel } from '../cel.ts';
import type { JsonSchema } from '../custom/json-schema.ts';
import { checkCel } from './check.ts';
import { schemaType } from './schema-type.ts';
import { typeName, UNKNOWN } from './types.ts';

export interface CheckedRule {
  /** in the words of the API server; undefined where the expression is good */
  problem?: string;
  usesOldSelf: boolean;
}

/**
 * Reads an expression of x-kubernetes-validations at a schema and says what is wrong with it.
 * @param whole the schema is that of a whole object
 */
export function checkRule(
  expression: string,
  schema: JsonSchema,
  result: 'bool' | 'string',
  optionalOldSelf: boolean,
  whole: boolean,
): CheckedRule {
  const self = schemaType(schema, whole) ?? 'dyn';
  const { type, error } = checkCel(expression, { self, oldSelf: optionalOldSelf ? UNKNOWN : self }, []);
  const usesOldSelf = usesName(expression);
  if (error) return { usesOldSelf, problem: error };
  if (type === UNKNOWN || typeName(type) === result) return { usesOldSelf };
  return {
    usesOldSelf,
    problem: result === 'bool' ? 'cel expression must evaluate to a bool' : 'must evaluate to a string',
  };
}

/** Is `oldSelf` a name in the expression, and not only a word in a string? */
function usesName(expression: string): boolean {
  if (!/\boldSelf\b/.test(expression)) return false;
  let found = false;
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === 'object' && node !== null && 'op' in node) {
      const { op, args } = node as { op: string; args?: unknown };
      if (op === 'id' && args === 'oldSelf') found = true;
      else walk(args);
    }
  };
  try {
    walk(compileCel(expression).ast);
    return found;
  } catch {
    return true;
  }
}
