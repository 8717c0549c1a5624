import { execute, getIntrospectionQuery, getVariableValues, introspectionFromSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../../src/api/fairness/turns.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { Budget, NO_BUDGET } from '../../../src/resolvers/budget.ts';
import { DEFAULT_LIMITS } from '../../../src/resolvers/limits.ts';
import { Documents } from '../../../src/resolvers/schema/documents.ts';
import { SchemaAnswers } from '../../../src/resolvers/schema/schema-answers.ts';
import { Schema } from '../../../src/resolvers/schema/schema.ts';

const registry = createRegistry();
const schema = new Schema(registry);
const documents = new Documents(schema, DEFAULT_LIMITS);

async function answered(query: string, variables: Record<string, unknown> = {}, budget = new Budget(NO_BUDGET)) {
  const operation = documents.of(query).operation(undefined)!;
  const { coerced } = getVariableValues(operation.schema, operation.node.variableDefinitions ?? [], variables);
  return answers.of(operation, coerced ?? {}, budget);
}
const answers = new SchemaAnswers(() => schema.complete());
const text = (answer: ReadonlyMap<string, unknown>): string => JSON.stringify(Object.fromEntries(answer));

describe('the answer is that of graphql-js', () => {
  const whole = schema.completeNow();
  test.each<[string, string, Record<string, unknown>?]>([
    ['the usual query', getIntrospectionQuery()],
    [
      'all that tools may ask for',
      getIntrospectionQuery({
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
      }),
    ],
    [
      'one type',
      '{ __type(name: "Pod") { kind name fields { name args { name defaultValue } } interfaces { name } } }',
    ],
    ['a type that is not there', '{ __type(name: "None") { name } }'],
    ['possible types', '{ __type(name: "KubernetesObject") { possibleTypes { name } } }'],
    ['an enum', '{ __type(name: "PatchType") { enumValues(includeDeprecated: true) { name description } } }'],
    [
      'aliases, fragments, and fields in parts',
      `{ a: __type(name: "Query") { ...F } a: __type(name: "Query") { n: name fields { name } } b: __schema { queryType { __typename ...F } } }
       fragment F on __Type { name fields { isDeprecated ... on __Field { type { name ofType { name } } } } }`,
    ],
    [
      'variables and directives',
      'query ($n: String!, $no: Boolean!) { __type(name: $n) { name @skip(if: $no) kind @include(if: $no) ...F @skip(if: $no) } __schema @include(if: $no) { description } } fragment F on __Type { fields { name } }',
      { n: 'Pod', no: true },
    ],
  ])('%s', async (_, query, variables) => {
    const expected = await execute({ schema: whole, document: parse(query), variableValues: variables });
    expect(expected.errors).toBeUndefined();
    expect(text(await answered(query, variables))).toBe(JSON.stringify(expected.data));
  });

  test('which is what a client makes a schema of', async () => {
    const made = JSON.parse(text(await answered(getIntrospectionQuery({ specifiedByUrl: true })))) as object;
    expect(Object.keys(made)).toEqual(Object.keys(introspectionFromSchema(whole)));
  });
});

test('an answer is kept until the kinds change', async () => {
  const first = await answered(getIntrospectionQuery());
  expect(await answered(getIntrospectionQuery())).toBe(first);
  const pods = registry.preferred('pods')!;
  const of = {
    group: 'example.com',
    version: 'v1',
    kind: 'Thing',
    resource: 'things',
    singular: 'thing',
    custom: true,
  };
  const thing: Kind = { ...pods, ...of, storage: { ...pods.storage, ...of, key: 'things.example.com' } };
  registry.setCustom('things.example.com', [thing]);
  const second = await answered(getIntrospectionQuery());
  expect(text(second)).toContain('Thing_example_com_v1');
  registry.setCustom('things.example.com', []);
  expect(text(await answered(getIntrospectionQuery()))).toBe(text(first));
});

test('others have their turn while it is made', async () => {
  let turns = 0;
  let over = false;
  const count = async (): Promise<void> => {
    while (!over) {
      turns++;
      await nextTurn();
    }
  };
  const counting = count();
  await answered(getIntrospectionQuery({ descriptions: false }));
  over = true;
  await counting;
  expect(turns).toBeGreaterThan(3);
});

test('it has a bound', async () => {
  const small = new Budget({ ...NO_BUDGET, schema: 100_000 });
  await expect(
    answered('{ __schema { types { name description } a: types { description } } }', {}, small),
  ).rejects.toThrow('more than 100000 bytes');
});
