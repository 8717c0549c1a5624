import { expect, test } from 'vitest';
import type { FieldTest, LogFilter } from '../../../src/api/logs/contract.ts';
import { lineMatcher } from '../../../src/api/logs/match.ts';
import type { LogLine } from '../../../src/store/logs/contract.ts';

test.each([
  ['a plain value', 'a-b', ['level', 'a', 'b']],
  ['a value that PHP escapes', 'a/b', ['level']],
  ['a value that .NET escapes', 'a+b', ['level']],
])('rows are passed over by the words of %s that stand in every line that has it', (_, eq, words) => {
  expect(lineMatcher({ fields: [{ field: 'level', eq }] }).words).toEqual(words);
});

const wide = Array.from({ length: 1000 }, (_, i) => ({ i }));
test.each<[string, LogFilter, string]>([
  ['17 words', { text: 'a '.repeat(17) }, 'at most 16 words and fields'],
  ['17 tests of fields', { fields: Array(17).fill({ field: 'a', exists: true }) }, 'at most 16 words and fields'],
  ['1,025 characters of words', { text: 'a'.repeat(1025) }, 'at most 1024 characters'],
  ['1,025 characters of a part', { contains: 'a'.repeat(1025) }, 'at most 1024 characters'],
  ['a field of 17 names', { fields: [{ field: 'a.'.repeat(16), exists: true }] }, 'at most 16 names in a field'],
  ['a field of 200,000 names', { fields: [{ field: '.'.repeat(200_000), exists: true }] }, 'at most 2048 characters'],
  ['1,000 values of a field', { fields: [{ field: 'a', in: wide }] }, 'at most 2048 characters of fields and values'],
  ['a wide value', { fields: [{ field: 'a', eq: wide }] }, 'at most 2048 characters of fields and values'],
  ['another wide value', { fields: [{ field: 'a', ne: wide }] }, 'at most 2048 characters of fields and values'],
])('a question of %s is refused, as each line would be asked it', (_, filter, why) => {
  expect(() => lineMatcher(filter)).toThrow(why);
});

const line = (value: unknown): LogLine => ({ at: 1, stream: 'o', text: JSON.stringify(value) });
test.each<[string, FieldTest, unknown, boolean]>([
  ['a name', { field: 'a', eq: 1 }, { a: 1 }, true],
  ['a name in a name', { field: 'a.b', eq: 'x' }, { a: { b: 'x' } }, true],
  ['a name with a dot', { field: 'a.b', eq: 'x' }, { 'a.b': 'x' }, true],
  ['the longest name first', { field: 'a.b.c', eq: 1 }, { 'a.b': { c: 1 }, a: { 'b.c': 2 } }, true],
  ['a shorter one where the longest leads nowhere', { field: 'a.b.c', eq: 2 }, { 'a.b': {}, a: { b: { c: 2 } } }, true],
  ['another value', { field: 'a', eq: 1 }, { a: '1' }, false],
  ['an object', { field: 'a', eq: { b: [1] } }, { a: { b: [1] } }, true],
  ['another object', { field: 'a', eq: { b: [1] } }, { a: { b: [2] } }, false],
  ['a null', { field: 'a', eq: null }, { a: null }, true],
  ['no null', { field: 'a', eq: null }, { a: 'null' }, false],
  ['one of some', { field: 'a', in: [1, { b: 2 }] }, { a: { b: 2 } }, true],
  ['none of some', { field: 'a', in: [1, { b: 2 }] }, { a: 2 }, false],
  ['not the value', { field: 'a', ne: [1] }, { a: [2] }, true],
  ['the value that it must not have', { field: 'a', ne: [1] }, { a: [1] }, false],
  ['nothing, where another value is wanted', { field: 'a', ne: 1 }, {}, false],
])('a test of a field finds %s', (_, field, value, found) => {
  expect(lineMatcher({ fields: [field] }).matches(line(value))).toBe(found);
});
