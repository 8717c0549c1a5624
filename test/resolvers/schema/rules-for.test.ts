import { buildSchema, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { rulesFor } from '../../../src/resolvers/schema/rules-for.ts';

const schema = buildSchema(`
  directive @once on FIELD
  input Where { name: String, and: [Where!] }
  type Item { name(short: Boolean): String other: Item }
  type Thing { id: ID }
  type Query { item(name: String!): Item items(where: Where, first: Int): [Item] }
  type Mutation { put(name: String): Item }
  type Subscription { item(name: String): Item items: [Item] }
`);

const WRONG = [
  'fragment A on Item { name } fragment A on Item { name } { item(name: "a") { ...A } }',
  'fragment A on Item { name } { item(name: "a") { name } }',
  '{ item(name: "a") { ...A } }',
  '{ item(name: "a") { ... on String { name } } }',
  '{ item(name: "a") { ... on Thing { id } } }',
  '{ item(name: "a") { ... on Nothing { id } } }',
  'fragment A on Item { other { ...B } } fragment B on Item { other { ...A } } { item(name: "a") { ...A } }',
  'query ($a: String, $a: String) { item(name: $a) { name } }',
  'query ($a: Item) { item(name: $a) { name } }',
  'query ($a: Nothing) { item(name: $a) { name } }',
  'query ($a: Int) { item(name: $a) { name } }',
  'query ($a: String!) { item(name: "a") { name } }',
  '{ item(name: $a) { name } }',
  '{ items(where: { and: [{ name: $a }] }) { name } }',
  '{ item(name: "a") { name @nothing } }',
  '{ item(name: "a") { name @include } }',
  '{ item(name: "a") { name @once @once } }',
  'query @skip(if: true) { item(name: "a") { name } }',
  'subscription { item { name } items { name } }',
  'subscription { __typename }',
  '{ item(name: "a") { name } } { item(name: "b") { name } }',
  'query A { item(name: "a") { name } } query A { item(name: "b") { name } }',
  '{ item { nothing } items(first: "a", where: { name: "a", name: "b" }, last: 3) }',
  '{ item(name: "a", name: "b") { name: other { name } name } }',
  'type T { a: Int } { item(name: "a") { name } }',
];
const RIGHT = [
  '{ item(name: "a") { name } }',
  '{ items(where: { and: [{ name: "$a ... @b" }] }) { name other { name } } }',
];

const errorsOf = (text: string, rules = rulesFor(text)): string[] =>
  validate(schema, parse(text), rules).map(({ message, locations }) => `${message} ${JSON.stringify(locations)}`);

describe('the rules for a document', () => {
  test.each(WRONG)('find what all rules find: %s', (text) => {
    expect(errorsOf(text)).toEqual(errorsOf(text, specifiedRules));
    expect(errorsOf(text)).not.toEqual([]);
  });

  test.each(RIGHT)('find nothing wrong where nothing is: %s', (text) => {
    expect(errorsOf(text, specifiedRules)).toEqual([]);
    expect(errorsOf(text)).toEqual([]);
  });

  test('are all of the specification where a document has something of each sort, and half of them where it is plain', () => {
    expect(rulesFor('subscription ($a: Int) { ...A @b }')).toEqual(specifiedRules);
    expect(rulesFor('{ item(name: "a") { name } }').length).toBeLessThan(specifiedRules.length / 2);
  });

  test('that are left out are each broken by one of the documents above', () => {
    const leftOut = specifiedRules.filter((rule) => !rulesFor('{ a }').includes(rule));
    const broken = leftOut.filter((rule) => WRONG.some((text) => validate(schema, parse(text), [rule]).length));
    expect(broken).toEqual(leftOut);
  });
});
