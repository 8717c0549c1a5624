import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { overExpansion } from '../../src/resolvers/expansion.ts';

const LIMITS = { depth: 10, fields: 200, comparisons: 100 };
const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

test.each([
  ['a document', '{ a { c } b { c } }', undefined],
  ['one field a few times', `{ ${'c '.repeat(14)} }`, undefined],
  ['one field many times', `{ ${'c '.repeat(15)} }`, /pairs/],
  ['under one alias', `{ ${many(15, (i) => (i % 2 ? 'x: c' : 'x: c'))} }`, /pairs/],
  ['inside each other, by the square at the end', `{ ${'a { c c } '.repeat(8)} }`, /pairs/],
  ['in inline fragments', `{ ${'... { c } '.repeat(15)} }`, /pairs/],
  [
    'in fragments side by side',
    `{ ${many(15, (i) => `...F${i}`)} } ${many(15, (i) => `fragment F${i} on Query { c }`)}`,
    /pairs/,
  ],
  ['in a fragment that nothing spreads', `{ c } fragment F on Query { ${'c '.repeat(15)} }`, /pairs/],
  [
    'fragments that double',
    `{ ...F0 } ${many(9, (i) => `fragment F${i} on Query { a { ...F${i + 1} } b { ...F${i + 1} } }`)} fragment F9 on Query { c }`,
    /fields/,
  ],
  ['a fragment twice in one place', `{ ...F ...F } fragment F on Query { c }`, undefined],
  ['a fragment in itself, deeper each time', '{ ...F } fragment F on Query { a { ...F } }', /deeper/],
  ['a fragment in itself, in one place', '{ ...F } fragment F on Query { ...F }', undefined],
  ['deep', `{ ${'a { '.repeat(10)} c ${'}'.repeat(10)} }`, /deeper/],
])('%s', (_, document, refused) => {
  const error = overExpansion(parse(document), LIMITS);
  if (refused) expect(error?.message).toMatch(refused);
  else expect(error).toBeUndefined();
});
