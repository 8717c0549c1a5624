import { expect, it } from 'vitest';
import { isQuery } from '../../../dashboard/graphiql/fetcher.ts';

it.each<[string, string | undefined, boolean]>([
  ['{ a }', undefined, true],
  ['query A { a }', undefined, true],
  ['mutation A { a }', undefined, false],
  ['query A { a } mutation B { b }', 'A', true],
  ['query A { a } mutation B { b }', 'B', false],
  ['query A { a } mutation B { b }', undefined, false],
  ['query A { a', undefined, false],
])('%s (%s) may be sent again: %s', (query, operationName, is) => {
  expect(isQuery({ query, ...(operationName !== undefined && { operationName }) })).toBe(is);
});
