import { compileCel } from '../cel.ts';
import { celSyntaxError } from '../cel-error.ts';

export interface CheckedRule {
  /** `compilation failed: …`; undefined where the expression is good */
  problem?: string;
  usesOldSelf: boolean;
}

/** Reads an expression of x-kubernetes-validations and says what is wrong with it. */
export function checkRule(expression: string, _schema: unknown, _result: 'bool' | 'string', _optionalOldSelf: boolean): CheckedRule {
  const usesOldSelf = /\boldSelf\b/.test(expression);
  try {
    compileCel(expression);
    return { usesOldSelf };
  } catch (error) {
    return { usesOldSelf, problem: `compilation failed: ${celSyntaxError(error as Error, expression)}` };
  }
}
