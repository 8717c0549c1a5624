import { expect, test } from 'vitest';
import { compile } from '../../../src/cel/expression.ts';
import { fullName } from '../../../src/cel/types.ts';
import { CelError } from '../../../src/cel/values.ts';
import { ruleScope } from '../../../src/kinds/cel/check-rule.ts';
import { CALL_LIMIT } from '../../../src/kinds/cel/limits.ts';
import { ruleValue } from '../../../src/kinds/cel/rule-value.ts';
import type { JsonSchema } from '../../../src/kinds/custom/json-schema.ts';
import { show } from '../../cel/support.ts';
import data from './rules.json' with { type: 'json' };

/** What k8s.io/apiextensions-apiserver 0.35 says of rules of this project on a schema of this project. */
interface Row {
  expression: string;
  problem?: string;
  type?: string;
  /** least and most; null: without bound */
  estimate?: (number | null)[];
  value?: string;
  error?: string;
  cost?: number;
}
const schema = data.schema as JsonSchema;
const { variables } = ruleScope(schema, false)!;
const self = ruleValue(schema, data.self);
const bound = (cost: number): number | null => (cost >= 2 ** 53 ? null : cost);

function ask(expression: string): Row {
  const compiled = compile(expression, variables);
  if ('error' in compiled) return { expression, problem: compiled.error.replace('compilation failed: ', '') };
  const { program } = compiled;
  const { min, max } = program.estimate;
  const { value, cost } = program.run({ self }, CALL_LIMIT);
  const result = value instanceof CelError ? { error: value.message } : { value: show(value) };
  return { expression, type: fullName(program.type), estimate: [bound(min), bound(max)], ...result, cost };
}

test.each((data.rules as Row[]).map((row): [string, Row] => [row.expression, row]))('%s', (expression, row) => {
  expect(ask(expression)).toEqual(row);
});
