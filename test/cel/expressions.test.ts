import { expect, test } from 'vitest';
import { compile } from '../../src/cel/expression.ts';
import { DYN, fullName } from '../../src/cel/types.ts';
import { CelError } from '../../src/cel/values.ts';
import rows from './expressions.json' with { type: 'json' };
import { show } from './support.ts';

/** What cel-go 0.26 with Kubernetes' libraries says of expressions of this project: types, values, errors and costs. */
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
const variables = { o: DYN, p: DYN };
const values = {
  o: {
    a: {
      b: 1,
      l: [1, 2, 3],
      s: 'x',
      d: 1.5,
      t: true,
      n: null,
      m: { k: 'v', k2: 'w' },
      ls: ['b', 'a', 'c', 'a'],
      u: '日本語',
    },
  },
  p: { x: 'abc' },
};
const LIMIT = 1_000_000;
const bound = (cost: number): number | null => (cost >= 2 ** 53 ? null : cost);

function ask(expression: string): Row {
  const compiled = compile(expression, variables);
  if ('error' in compiled) return { expression, problem: compiled.error.replace('compilation failed: ', '') };
  const { program } = compiled;
  const { min, max } = program.estimate;
  const { value, cost } = program.run(values, LIMIT);
  const result = value instanceof CelError ? { error: value.message } : { value: show(value) };
  return { expression, type: fullName(program.type), estimate: [bound(min), bound(max)], ...result, cost };
}

test.each((rows as Row[]).map((row): [string, Row] => [row.expression, row]))('%s', (expression, row) => {
  expect(ask(expression)).toEqual(row);
});
