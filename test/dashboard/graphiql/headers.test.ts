import { expect, it } from 'vitest';
import { bearerIn } from '../../../dashboard/graphiql/headers.ts';

it.each<[string, string | undefined]>([
  ['', undefined],
  ['{ "Authorization": "Bear', undefined],
  ['{ "Authorization": "Bearer a" }', 'Bearer a'],
  ['{ "x": 1, "authorization": "Bearer b" }', 'Bearer b'],
  ['{ "authorization": "" }', undefined],
  ['{ "authorization": 1 }', undefined],
  ['[]', undefined],
  ['null', undefined],
])('%s has %s', (headers, authorization) => {
  expect(bearerIn(headers)).toBe(authorization);
});
