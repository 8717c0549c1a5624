import { isInputObjectType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { buildSchema } from '../../../src/resolvers/schema/schema.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { TestGraphQL } from '../mutations/support.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const SHIRTS = 'shirts.example.com';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

const definition = (sizes: string[]): object => ({
  metadata: { name: SHIRTS },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'shirts', singular: 'shirt', kind: 'Shirt' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              size: { type: 'string', enum: sizes },
              sizes: { type: 'array', items: { type: 'string', enum: sizes } },
            },
          },
        },
      },
    ],
  },
});

test('a value that a definition has listed and lists no more is answered as it is stored, and taken no more', async () => {
  await g.t.create(DEFINITIONS, definition(['S', 'M']), '');
  await vi.waitFor(() => expect(g.t.api.registry.preferred(SHIRTS)).toBeDefined(), PATIENCE_MS);
  await g.data(
    'mutation { createShirt(namespace: "t", input: { metadata: { name: "s" }, size: M, sizes: [S, M] }) { size } }',
  );
  const before = g.t.api.registry.preferred(SHIRTS);
  const { object } = await g.t.get(DEFINITIONS, SHIRTS, '');
  await g.t.update(DEFINITIONS, { ...object, ...definition(['S', 'L']), metadata: object.metadata }, '');
  await vi.waitFor(() => expect(g.t.api.registry.preferred(SHIRTS)).not.toBe(before), PATIENCE_MS);
  const expected = { shirts: { items: [{ size: 'M', sizes: ['S', 'M'] }] } };
  expect(await g.data('{ shirts(namespace: "t") { items { size sizes } } }')).toEqual(expected);
  // the same by graphql-js
  expect(await g.data('{ shirts(namespace: "t") { items { size @include(if: true) sizes } } }')).toEqual(expected);
  expect(await g.data('{ shirts(namespace: "t", where: { size: { eq: "M" } }) { totalCount } }')).toEqual({
    shirts: { totalCount: 1 },
  });
  const { errors } = await g.run('mutation { createShirt(namespace: "t", input: { size: M }) { size } }');
  expect(errors?.[0]?.message).toContain(`Value "M" does not exist in "Shirt_example_com_v1_Size" enum`);
});

test('the values of built-in kinds are strings, which their descriptions tell', () => {
  const types = buildSchema(createRegistry()).getTypeMap();
  for (const name of ['PodSpec', 'PodSpecInput', 'PodSpecWhere']) {
    const type = types[name];
    const field = isObjectType(type) || isInputObjectType(type) ? type.getFields()['restartPolicy'] : undefined;
    expect(field?.description).toContain('One of `Always`, `Never`, `OnFailure`.');
  }
});
