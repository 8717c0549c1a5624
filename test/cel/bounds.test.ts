import { describe, expect, test } from 'vitest';
import { compile, type Program } from '../../src/cel/expression.ts';
import { DYN } from '../../src/cel/types.ts';
import { CelError, type Value } from '../../src/cel/values.ts';

const variables = { self: DYN };
function program(expression: string): Program {
  const compiled = compile(expression, variables);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled.program;
}
const problem = (expression: string): string => {
  const compiled = compile(expression, variables);
  return 'error' in compiled ? compiled.error : '';
};
const LIMIT = 1_000_000;
const run = (expression: string, self: unknown, limit = LIMIT): { value: Value; cost: number; exceeded: boolean } =>
  program(expression).run({ self }, limit);
const repeated = (count: number, text: string, between = ''): string => Array(count).fill(text).join(between);

describe('an expression', () => {
  test.each([
    [
      'brackets',
      (n: number) => `${repeated(n, '(')}1${repeated(n, ')')}`,
      249,
      'expression recursion limit exceeded: 250',
    ],
    [
      'lists',
      (n: number) => `${repeated(n, '[')}1${repeated(n, ']')}`,
      249,
      'expression recursion limit exceeded: 250',
    ],
    ['conditions', (n: number) => `${repeated(n, 'true ? 1 : ')}1`, 249, 'expression recursion limit exceeded: 250'],
    ['terms', (n: number) => repeated(n, '1', '+'), 251, 'max recursion depth exceeded'],
    ['fields', (n: number) => `self${repeated(n, '.a')}`, 250, 'max recursion depth exceeded'],
    ['indices', (n: number) => `self${repeated(n, '[0]')}`, 250, 'max recursion depth exceeded'],
  ])('may have so many nested %s and no more', (_, make, most, says) => {
    expect(problem(make(most))).toBe('');
    expect(problem(make(most + 1))).toBe(`compilation failed: ERROR: <input>:-1:0: ${says}`);
  });

  test.each([
    ['conjunctions', repeated(10_000, 'true', ' && ')],
    ['items', `[${repeated(40_000, '1', ',')}]`],
    ['negations', `${repeated(99_000, '!')}true`],
    ['characters', `'${repeated(99_990, 'a')}'`],
  ])('may have many %s', (_, expression) => {
    expect(problem(expression)).toBe('');
  });

  test('that is long and none says where', () => {
    expect(problem(`${repeated(500, '1 + ')} 1 foo`)).toMatch(
      /^compilation failed: ERROR: <input>:1:2004: Syntax error: mismatched input 'foo'/,
    );
  });

  test('with macros in macros stays as small as it is written', () => {
    expect(problem(`self.?a${repeated(200, '.optMap(x, x)')}`)).toBe('');
  });
});

describe('a run', () => {
  const list = Array.from({ length: 100_000 }, (_, i) => i);
  const texts = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
  const object = Object.fromEntries(texts.map((text, i) => [text, i]));
  const self = { list, texts, object, text: 'a'.repeat(1_000_000), wide: '日'.repeat(300_000) };

  test('stops where it costs more than it may', () => {
    const { value, cost, exceeded } = run('self.list.all(x, self.list.all(y, x + y >= 0))', self);
    expect([exceeded, cost > LIMIT, (value as CelError).message]).toEqual([
      true,
      true,
      'operation cancelled: actual cost limit exceeded',
    ]);
  });

  test('may cost exactly what it may', () => {
    const { cost } = run('self.list[0] == 0', self);
    expect(run('self.list[0] == 0', self, cost).exceeded).toBe(false);
    expect(run('self.list[0] == 0', self, cost - 1).exceeded).toBe(true);
  });

  // each costs less than it may, and would take minutes
  test.each([
    'self.list.all(x, (self.list + self.list).size() > 0)',
    'self.texts.all(x, "%s".format([self.texts]).size() > 0)',
    'self.list.map(x, x).map(x, self.object.exists(k, true)).size() > 0',
    'self.texts.all(x, timestamp("2020-01-01T00:00:00Z").getHours("Asia/Tokyo") == 9)',
  ])('is stopped that does too much for its cost: %s', (expression) => {
    expect(run(expression, self).exceeded).toBe(true);
  });

  test.each([
    ['self.list.all(x, self.text.size() > 0)', true],
    ['self.list.all(x, self.wide.charAt(7) == "日")', true],
    ['self.list.all(x, size(self.object) > 0)', true],
    ['self.texts.distinct().size()', undefined],
  ])('is not held by what it asks again: %s', (expression, value) => {
    const outcome = run(expression, self);
    if (value !== undefined) expect(outcome.value).toBe(value);
  });

  test('does not follow what shares its parts for ever', () => {
    let shared: unknown = [1];
    for (let i = 0; i < 60; i++) shared = [shared, shared];
    expect(run('self[0] == self[1]', shared).value).toBe(true);
    const [a, b] = [structuredClone([1]), structuredClone([1])] as unknown[];
    let [left, right] = [a, b];
    for (let i = 0; i < 60; i++)
      [left, right] = [
        [left, left],
        [right, right],
      ];
    expect(run('self[0] == self[1]', [left, right]).exceeded).toBe(true);
  });
});
