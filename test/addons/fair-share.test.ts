import { expect, it } from 'vitest';
import { fairShare, inTurn } from '../../src/addons/fair-share.ts';

it.each([
  [[], 10, 10],
  [[3, 4], 10, 10],
  [[5, 5], 10, 10],
  [[100], 10, 10],
  [[100, 1], 10, 9],
  [[100, 100, 1], 10, 4],
  [[100, 100, 100], 10, 3],
  [[7, 2, 4], 10, 4],
  [[1, 1, 1], 2, 0],
])('of %j and %i the most that one has is %i', (wanted, total, share) => {
  expect(fairShare(wanted, total)).toBe(share);
  expect(wanted.reduce((sum, each) => sum + Math.min(each, share), 0)).toBeLessThanOrEqual(total);
});

it('takes from each in turn', () => {
  expect([...inTurn([['a', 'b', 'c'], [], ['x'], ['1', '2']])]).toEqual(['a', 'x', '1', 'b', '2', 'c']);
});
