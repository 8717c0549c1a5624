import { describe, expect, test } from 'vitest';
import { fnv32a } from '../../src/go/fnv.ts';
import { escapeHtml } from '../../src/go/html-escape.ts';
import { goJson } from '../../src/go/json-write.ts';
import { printSelector } from '../../src/go/print-selector.ts';
import { printFloat } from '../../src/go/print-float.ts';
import { printLiteral, printType, printValue, typeName } from '../../src/go/print-value.ts';
import { quote, quoteList } from '../../src/go/quote.ts';

describe('%v', () => {
  test.each([
    [0, '0'],
    [1.5, '1.5'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [123456, '123456'],
    [1e6, '1e+06'],
    [1234567, '1.234567e+06'],
    [1e21, '1e+21'],
    [-2.5e-7, '-2.5e-07'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('of float64 %d is %s', (value, text) => expect(printFloat(value)).toBe(text));

  test.each<[unknown, string]>([
    [{ b: 1, a: ['x', true, null] }, 'map[a:[x true <nil>] b:1]'],
    [null, '<nil>'],
    [[], '[]'],
    [{}, 'map[]'],
    [1_000_000, '1000000'],
    [2n ** 53n + 1n, '9007199254740993'],
    [0.5, '0.5'],
  ])('of %o is %s', (value, text) => expect(printValue(value)).toBe(text));
});

test.each<[unknown, string]>([
  [{ b: 1, a: ['x', null] }, 'map[string]interface {}{"a":[]interface {}{"x", interface {}(nil)}, "b":1}'],
  ['a"b', '"a\\"b"'],
])('%%#v of %o is %s', (value, text) => expect(printLiteral(value)).toBe(text));

test.each<[unknown, string | undefined]>([
  ['a', 'string'],
  [true, 'bool'],
  [1, 'int64'],
  [1.5, 'float64'],
  [1n, 'int64'],
  [2 ** 64, 'float64'],
  [[], '[]interface {}'],
  [{}, 'map[string]interface {}'],
  [null, undefined],
])('%%T of %o is %s', (value, name) => {
  expect(typeName(value)).toBe(name);
  expect(printType(value)).toBe(name ?? '<nil>');
});

describe('%q', () => {
  test.each([
    ['a', '"a"'],
    ['é', '"é"'],
    ['\u00a0', '"\\u00a0"'],
    ['\u200b', '"\\u200b"'],
    ['\x7f', '"\\x7f"'],
    ['\x01', '"\\x01"'],
    ['\t\n\r\x07\b\f\v', '"\\t\\n\\r\\a\\b\\f\\v"'],
    ['"\\', '"\\"\\\\"'],
    ["<&>'", `"<&>'"`],
    ['😀', '"😀"'],
    ['\u2028', '"\\u2028"'],
    ['\ufeff', '"\\ufeff"'],
  ])('of %j is %s', (text, quoted) => expect(quote(text)).toBe(quoted));
  test('of a list', () => expect(quoteList(['a', 'b'])).toBe('["a" "b"]'));
});

test('JSON has no HTML in it and the keys of maps in order', () => {
  const value = { b: '<a>&\u2028\u2029', a: [1n, undefined, { d: 1, c: undefined }] };
  expect(goJson(value)).toBe('{"a":[1,null,{"d":1}],"b":"\\u003ca\\u003e\\u0026\\u2028\\u2029"}');
  expect(escapeHtml('{"a":"<"}')).toBe('{"a":"\\u003c"}');
});

test('JSON of a struct has its fields in their own order', () => {
  const order = {
    keysOf: (_: object, own: boolean) => (own ? ['z', 'a'] : undefined),
    below: () => false,
    item: () => true,
  };
  expect(goJson({ a: { y: 1, b: 2 }, z: 1 }, order, true)).toBe('{"z":1,"a":{"b":2,"y":1}}');
  expect(goJson([{ a: 1, z: 2 }], order, false)).toBe('[{"z":2,"a":1}]');
});

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('FNV-1a of %j', (text, hash) => {
  expect(fnv32a(text)).toBe(hash);
  expect(fnv32a(Buffer.from(text))).toBe(hash);
});

test.each([
  [{}, '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}'],
  [
    { matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }] },
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}',
  ],
])('a label selector %j', (selector, text) => expect(printSelector(selector)).toBe(text));
