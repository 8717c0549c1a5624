import { afterAll, beforeAll, expect, test } from 'vitest';
import { Facades } from './endpoints/facades.ts';
import { matrix } from './endpoints/matrix.ts';
import { seed } from './endpoints/seed.ts';

let facades: Facades;
beforeAll(async () => {
  facades = await Facades.open();
  await seed(facades.test);
});
afterAll(() => facades.close());

test('every subresource that any resource has, of every resource, by every verb and user', async () => {
  const { deviations, untouched, counts } = await matrix(facades, 'all');
  process.stdout.write(`${counts}\n`);
  expect(deviations.slice(0, 20)).toEqual([]);
  expect(untouched).toBe(true);
});
