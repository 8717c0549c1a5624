import { expect, test } from 'vitest';
import { lineMatcher } from '../../../src/api/logs/match.ts';

test.each([
  ['a plain value', 'a-b', ['level', 'a', 'b']],
  ['a value that PHP escapes', 'a/b', ['level']],
  ['a value that .NET escapes', 'a+b', ['level']],
])('rows are passed over by the words of %s that stand in every line that has it', (_, eq, words) => {
  expect(lineMatcher({ fields: [{ field: 'level', eq }] }).words).toEqual(words);
});
