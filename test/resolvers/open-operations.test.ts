import { expect, test } from 'vitest';
import { OpenOperations } from '../../src/resolvers/open-operations.ts';
import type { Asked } from '../../src/resolvers/schema/operations.ts';
import { Places } from '../../src/resolvers/places.ts';

const asked = (bytes: number): Asked =>
  ({ request: { query: '' }, operation: { document: {}, bytes } }) as unknown as Asked;
const TOO_MANY = expect.objectContaining({ code: 429 });

test('a user has so many operations open, others have theirs', () => {
  const open = new OpenOperations(2, 1000);
  const close = open.open('a', asked(1), 1);
  open.open('a', asked(1), 1);
  expect(() => open.open('a', asked(1), 1)).toThrow(TOO_MANY);
  open.open('b', asked(1), 1);
  close();
  close();
  open.open('a', asked(1), 1);
  expect(() => open.open('a', asked(1), 1)).toThrow(TOO_MANY);
});

test('and so many bytes: those of requests, and of documents once each', () => {
  const open = new OpenOperations(100, 100);
  const shared = asked(50);
  const all = Array.from({ length: 10 }, () => open.open('a', shared, 4));
  expect(() => open.open('a', asked(11), 0)).toThrow(TOO_MANY);
  const close = open.open('a', asked(10), 0);
  for (const one of all) one();
  close();
  open.open('a', asked(50), 50);
});

test('large operations of one user take turns, those of others do not wait for them', async () => {
  const places = new Places(1);
  const leave = await places.enter('a');
  const order: string[] = [];
  const second = places.enter('a').then((next) => {
    order.push('second');
    return next;
  });
  (await places.enter('b'))();
  order.push('other');
  leave();
  leave();
  (await second)();
  expect(order).toEqual(['other', 'second']);
  (await places.enter('a'))();
});
