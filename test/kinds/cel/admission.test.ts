import { expect, test } from 'vitest';
import { compile } from '../../../src/cel/expression.ts';
import { atOnce } from '../../../src/meta/steps.ts';
import { admissionVariables, compileFor } from '../../../src/kinds/cel/admission.ts';

const variables = admissionVariables(false, true);
/** The first mistake as `column: words`. */
const mistake = (expression: string): string | undefined => {
  const compiled = atOnce(compileFor(expression, variables, ['bool']));
  const error = 'error' in compiled ? compiled.error : undefined;
  const found = /<input>:1:(\d+): ([^\n]*)/.exec(error ?? '');
  return found ? `${found[1]}: ${found[2]}` : error;
};

test.each([
  'object.foo == 1',
  'size(object.a) > 0 && !has(object.x)',
  'object.spec.containers.all(c, c.image.startsWith("a") || c.image.matches("b"))',
  'authorizer.group("").resource("pods").check("get").allowed()',
  'request.userInfo.groups.exists(g, g == "x")',
  '"x" in request.userInfo.groups',
  'object.?spec.?x.orValue(1) == 1',
  'oldObject == null || object.x > oldObject.x',
  'quantity(object.x).isLessThan(quantity("1"))',
  'object.metadata.labels["a"] in ["b", "c"]',
  'request.operation == "UPDATE" ? true : object.x == 1.5',
  'namespaceObject.metadata.labels.exists(k, k == "a")',
  'string(1) + "a" == "1a"',
  '[1, 2].map(x, x * 2).sum() == 6',
])('%s is good', (expression) => {
  expect(mistake(expression)).toBeUndefined();
});

test.each([
  ['foo == 1', "1: undeclared reference to 'foo' (in container '')"],
  ['object.nofn()', "12: undeclared reference to 'nofn' (in container '')"],
  ['bar(1)', "4: undeclared reference to 'bar' (in container '')"],
  ['1 + "a" == "1a"', "3: found no matching overload for '_+_' applied to '(int, string)'"],
  ['"abc".startsWith(1)', "17: found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ['size(1) > 0', "5: found no matching overload for 'size' applied to '(int)'"],
  ['request.foo == 1', "8: undefined field 'foo'"],
  ['true ? 1 : "a"', "6: found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
  ['[1, "a"] == object.x', "5: expected type 'int' but found 'string'"],
  ['1.all(x, true)', "1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
  ['timestamp("2020-01-01T00:00:00Z") < 1', "35: found no matching overload for '_<_' applied to '(timestamp, int)'"],
  ['object.x', 'must evaluate to bool but got dyn'],
  ['timestamp(object.x)', 'must evaluate to bool but got google.protobuf.Timestamp'],
])('%s is not', (expression, words) => {
  expect(mistake(expression)).toBe(words);
});

test('every mistake is told, in the order of its place', () => {
  expect(compile('a &&\n  b', {})).toEqual({
    error:
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a &&\n | ^\nERROR: <input>:2:3: undeclared reference to 'b' (in container '')\n |   b\n | ..^",
  });
});
