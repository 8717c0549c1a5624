import { Kind, parse, type FieldNode, type FragmentDefinitionNode } from 'graphql';
import { expect, test } from 'vitest';
import { asksAlike } from '../../../src/resolvers/live/selected-fields.ts';

function isAlike(text: string): boolean {
  const { definitions } = parse(text);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  const [operation] = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const fieldNodes = operation?.selectionSet.selections as readonly FieldNode[];
  return asksAlike({ fieldNodes, fragments }, ['items'], ['changes', 'object']);
}

test.each([
  '{ live { items { a } changes { object { a } } } }',
  '{ live { those: items { a(b: $b) @skip(if: $c) } changes { type it: object { a(b: $b) @skip(if: $c) } } } }',
  '{ live { ...L } } fragment L on Live { items { ...I } changes { ... { object { ...I } } } } fragment I on I { a }',
])('asks for items and what changes alike: %s', (text) => {
  expect(isAlike(text)).toBe(true);
});

test.each([
  '{ live { items { a } } }',
  '{ live { changes { object { a } } } }',
  '{ live { items { a } changes { object { a b } } } }',
  '{ live { items { a(b: 1) } changes { object { a(b: 2) } } } }',
  '{ live { items { a } more: items { b } changes { object { a } } } }',
  '{ live { items { a } changes { object { a } } changes { object { b } } } }',
  '{ live { items @skip(if: $c) { a } changes { object { a } } } }',
  '{ live { items { a } changes { ... @include(if: $c) { object { a } } } } }',
  '{ live { items { a } ...L @skip(if: $c) } } fragment L on Live { changes { object { a } } }',
  '{ live { items { a } changes { object { a } } } live { items { b } } }',
])('does not, or not to be seen easily: %s', (text) => {
  expect(isAlike(text)).toBe(false);
});
