import { buildASTSchema, parse, validateSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Kind } from '../../../src/kinds/kind.ts';
import type { Field, ObjectSchema, Schema } from '../../../src/kinds/schema.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { fieldName } from '../../../src/resolvers/schema/names.ts';
import { printedSchema } from '../../../src/resolvers/schema/printed-schema.ts';
import { buildSchema } from '../../../src/resolvers/schema/schema.ts';

test('the committed schema is what the kinds make (node scripts/schema.mjs writes it)', () => {
  const committed = readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8');
  expect(printedSchema(createRegistry()) === committed).toBe(true);
  expect(validateSchema(buildASTSchema(parse(committed)))).toEqual([]);
});

test('names that GraphQL does not allow follow one rule', () => {
  expect(['$ref', 'x-kubernetes-validations', '__typename', '3d', 'a.b/c'].map(fieldName)).toEqual([
    '_ref',
    'x_kubernetes_validations',
    '_typename',
    '_3d',
    'a_b_c',
  ]);
});

const field = (name: string, schema: Schema): [string, Field] => [
  name,
  { name, schema, required: false, nullable: false, omitEmpty: true, pointer: false, number: 0 },
];
const struct = (name: string, ...fields: [string, Field][]): ObjectSchema => ({
  type: 'object',
  name,
  fields: new Map(fields),
  atomic: false,
  preserveUnknown: false,
});

test('a custom kind joins and leaves the schema', () => {
  const registry = createRegistry();
  const pod = registry.preferred('pods')!;
  const size = struct('', field('x-max', { type: 'int32' }), field('x_max', { type: 'int32' }));
  const schema = struct(
    '',
    field('metadata', pod.schema.fields.get('metadata')!.schema),
    field('spec', struct('', field('size', size), field('free', { type: 'any' }), field('none', struct('')))),
  );
  const storage = { ...pod.storage, group: 'example.com', kind: 'Gadget', version: 'v1', key: 'gadgets.example.com' };
  const gadget: Kind = {
    ...pod,
    group: 'example.com',
    version: 'v1',
    kind: 'Gadget',
    resource: 'gadgets',
    singular: 'gadget',
    schema,
    storage,
    custom: true,
  };
  registry.setCustom('gadgets.example.com', [gadget]);
  const made = buildSchema(registry);
  expect(validateSchema(made)).toEqual([]);
  const types = made.getTypeMap();
  expect(Object.keys(made.getQueryType()!.getFields())).toEqual(expect.arrayContaining(['gadget', 'gadgets']));
  expect(
    Object.keys((types['Gadget_example_com_v1_Spec_Size'] as never as { getFields(): object }).getFields()),
  ).toEqual(['x_max_', 'x_max']);
  expect(types['Gadget_example_com_v1_Spec_SizeInput']).toBeDefined();
  registry.setCustom('gadgets.example.com', []);
  expect(buildSchema(registry).getTypeMap()['Gadget_example_com_v1']).toBeUndefined();
});
