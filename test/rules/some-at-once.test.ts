import { expect, it } from 'vitest';
import { someAtOnce } from '../../src/rules/some-at-once.ts';

const items = Array.from({ length: 20 }, (_, i) => i);

it('does the work for each, and no more than so many at a time', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await someAtOnce(items, 3, async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.sort((a, b) => a - b)).toEqual(items);
});

it('begins with no more after an error, which is thrown', async () => {
  const begun: number[] = [];
  const work = (item: number): Promise<void> => {
    begun.push(item);
    return item === 2 ? Promise.reject(new Error('no')) : Promise.resolve();
  };
  await expect(someAtOnce(items, 1, work)).rejects.toThrow('no');
  expect(begun).toEqual([0, 1, 2]);
});

it('has nothing to do with nothing', () =>
  expect(someAtOnce([], 3, () => Promise.reject(new Error()))).resolves.toBeUndefined());
