import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/cel/expression.ts';
import { atOnce } from '../../../src/meta/steps.ts';
import { compileRule, ruleScope } from '../../../src/kinds/cel/check-rule.ts';
import { ruleValue } from '../../../src/kinds/cel/rule-value.ts';
import type { JsonSchema } from '../../../src/kinds/custom/json-schema.ts';

function syntaxError(expression: string): string {
  const compiled = compile(expression, {});
  return 'error' in compiled ? compiled.error.replace('compilation failed: ', '') : '';
}
const OPERAND =
  "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

describe('a mistake in an expression is told as ANTLR tells it', () => {
  test.each([
    [
      'self.bad(',
      `ERROR: <input>:1:10: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.bad(\n | .........^`,
    ],
    ['1 +', `ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {${OPERAND}\n | 1 +\n | ...^`],
    ['a b', "ERROR: <input>:1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^"],
    ['(a', "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (a\n | ..^"],
    [
      'a = b',
      "ERROR: <input>:1:3: Syntax error: token recognition error at: '= '\n | a = b\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input 'b' expecting <EOF>\n | a = b\n | ....^",
    ],
    ['self.', "ERROR: <input>:1:6: Syntax error: no viable alternative at input '.'\n | self.\n | .....^"],
  ])('%s', (expression, expected) => expect(syntaxError(expression)).toBe(expected));
});

test('a name that CEL keeps for itself may stand after a dot; of its size nothing is known then', () => {
  const own: JsonSchema = {
    type: 'object',
    properties: { namespace: { type: 'string', maxLength: 5 }, 'a-b': { type: 'string' } },
  };
  const { variables } = ruleScope(own, false)!;
  const ask = (expression: string) => {
    const compiled = compile(expression, variables);
    if ('error' in compiled) throw new Error(compiled.error);
    return compiled.program;
  };
  const run = (expression: string, self: object): unknown =>
    ask(expression).run({ self: ruleValue(own, self) }, 1000).value;
  expect(run('self.namespace == self.__namespace__', { namespace: 'n' })).toBe(true);
  expect(run('has(self.namespace)', {})).toBe(false);
  const estimates = ['self.__namespace__', 'self.namespace'].map((name) => ask(`${name}.contains('a')`).estimate.max);
  expect(estimates[0]).toBeLessThan(estimates[1]!);
  // what is not there is told as the rule calls it
  expect(run('self.__namespace__ == ""', {})).toMatchObject({ message: 'no such key: __namespace__' });
  expect(run('self.a__dash__b == ""', {})).toMatchObject({ message: 'no such key: a__dash__b' });
});

test.each([
  ['1d', '86400s'],
  ['2 weeks', '1209600s'],
  ['-1.5h', '-5400s'],
])('a duration of the format is one for rules, too: %s', (text, seconds) => {
  const own: JsonSchema = { type: 'object', properties: { d: { type: 'string', format: 'duration' } } };
  const compiled = compile('string(self.d)', ruleScope(own, false)!.variables);
  if ('error' in compiled) throw new Error(compiled.error);
  expect(compiled.program.run({ self: ruleValue(own, { d: text }) }, 1000).value).toBe(seconds);
});

const schema: JsonSchema = {
  type: 'object',
  properties: {
    a: { type: 'integer' },
    s: { type: 'string' },
    l: { type: 'array', items: { type: 'string' } },
    m: { type: 'object', additionalProperties: { type: 'integer' } },
    p: { 'x-kubernetes-int-or-string': true },
    'x-y': { type: 'string' },
    when: { type: 'string', format: 'date-time' },
  },
};
function check(expression: string): string | undefined {
  const compiled = atOnce(compileRule(expression, ruleScope(schema, true)!, 'bool', false));
  return 'error' in compiled ? compiled.error : undefined;
}

describe('a rule', () => {
  test.each([
    'self.a > 1',
    'self.l.all(x, x.size() < 3)',
    'self.m.all(k, self.m[k] > 0)',
    'has(self.a) && self.a in [1, 2]',
    "self.l[0] == 'x'",
    'self.p > 3',
    "self.x__dash__y == 'a'",
    "self.metadata.name == 'x'",
    "quantity(self.s).isLessThan(quantity('1'))",
    "self.when < timestamp('2030-01-01T00:00:00Z')",
    'self.a == oldSelf.a',
    "self.l.filter(x, x == 'a') == ['a']",
    "self.?s.orValue('x') == 'y'",
  ])('is good: %s', (expression) => expect(check(expression)).toBeUndefined());

  test.each([
    ['self.foo > 1', "compilation failed: ERROR: <input>:1:5: undefined field 'foo'\n | self.foo > 1\n | ....^"],
    [
      "self.a > 'x'",
      "compilation failed: ERROR: <input>:1:8: found no matching overload for '_>_' applied to '(int, string)'\n | self.a > 'x'\n | .......^",
    ],
    [
      'foo == 1',
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^",
    ],
    [
      'self.a.b',
      "compilation failed: ERROR: <input>:1:7: type 'int' does not support field selection\n | self.a.b\n | ......^",
    ],
    [
      'self.s.bad(1)',
      "compilation failed: ERROR: <input>:1:11: undeclared reference to 'bad' (in container '')\n | self.s.bad(1)\n | ..........^",
    ],
    [
      'self.s.startsWith(1)',
      "compilation failed: ERROR: <input>:1:18: found no matching overload for 'startsWith' applied to 'string.(int)'\n | self.s.startsWith(1)\n | .................^",
    ],
    ['self.a', 'cel expression must evaluate to a bool'],
  ])('is refused: %s', (expression, problem) => expect(check(expression)).toBe(problem));
});
