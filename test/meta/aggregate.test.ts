import { expect, test } from 'vitest';
import { aggregate } from '../../src/meta/aggregate.ts';

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], '[a, b]'],
  [['b', 'a', 'b'], '[b, a]'],
  [['a', 'a'], 'a'],
])('aggregate.of %j is %j', (messages, text) => {
  expect(aggregate(messages)).toBe(text);
});
