import { GraphQLString, type GraphQLFieldConfig, type GraphQLInputFieldConfig } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import { customKinds } from '../../../src/kinds/custom.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { ObjectSchema, Schema as ValueSchema } from '../../../src/kinds/schema.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { DEFAULT_LIMITS } from '../../../src/resolvers/limits.ts';
import { Documents } from '../../../src/resolvers/schema/documents.ts';
import { Schema } from '../../../src/resolvers/schema/schema.ts';
import { hasWide, inputTypeOf, objectTypeOf, type Makers } from '../../../src/resolvers/schema/struct-types.ts';

const NAMES = Array.from({ length: 1000 }, (_, i) => `p${i}`);
let made: string[];
const makers = (): Makers<GraphQLFieldConfig<any, any> & GraphQLInputFieldConfig> =>
  new Map(NAMES.map((name) => [name, () => (made.push(name), { type: GraphQLString, description: name })]));
beforeEach(() => void (made = []));

describe.each([
  ['object', () => objectTypeOf({ name: 'T' }, makers, NAMES.length)],
  ['input', () => inputTypeOf({ name: 'T' }, makers, NAMES.length)],
])('the fields of a wide %s type', (_, make) => {
  test('are made one by one, when they are asked for', () => {
    const type = make();
    expect(type.getFields()['p7']).toMatchObject({ name: 'p7', type: GraphQLString, description: 'p7' });
    expect(type.getFields()['p7']).toBe(type.getFields()['p7']);
    expect([type.getFields()['q'], type.getFields()['toString'], 'p3' in type.getFields()]).toEqual([
      undefined,
      undefined,
      true,
    ]);
    expect(Object.keys(type.getFields())).toEqual(NAMES);
    expect(made).toEqual(['p7']);
  });

  test('are in their order, and each is made once', () => {
    const type = make();
    const { p5 } = type.getFields();
    expect(Object.values(type.getFields()).map(({ name }) => name)).toEqual(NAMES);
    expect(type.getFields()['p5']).toBe(p5);
    expect(Object.entries(type.getFields()).map(([name]) => name)).toEqual(NAMES);
    expect(made.toSorted()).toEqual(NAMES.toSorted());
  });
});

describe('what a schema leads to', () => {
  const struct = (fields: Record<string, ValueSchema> = {}): ObjectSchema => {
    const schema: ObjectSchema = { type: 'object', name: '', fields: new Map(), atomic: false, preserveUnknown: false };
    for (const [name, of] of Object.entries(fields)) put(schema, name, of);
    return schema;
  };
  const put = ({ fields }: ObjectSchema, name: string, schema: ValueSchema): void =>
    void fields.set(name, {
      name,
      schema,
      required: false,
      nullable: false,
      omitEmpty: true,
      pointer: false,
      number: 0,
    });
  const wide = (): ObjectSchema => struct(Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }])));

  test('is wide through lists, maps and circles, whichever of a circle was asked about first', () => {
    const first = struct();
    const second = struct({ back: first });
    put(first, 'on', { type: 'list', item: second, listType: 'atomic', keys: [] });
    put(first, 'wide', { type: 'map', value: wide(), atomic: false });
    expect([first, second, struct({ second })].map(hasWide)).toEqual([true, true, true]);
  });

  test('is not where nothing of it has many fields', () => {
    const first = struct({ name: { type: 'string' } });
    const second = struct({ back: first });
    put(first, 'on', second);
    expect([first, second, struct({ second }), struct({ second, wide: wide() })].map(hasWide)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('a kind with a struct of many properties', () => {
  const string = { type: 'string' };
  const spec = { type: 'object', properties: Object.fromEntries(NAMES.map((name) => [name, string])) };
  const definition = {
    metadata: { name: 'wides.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Wide', plural: 'wides', singular: 'wide' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  } as unknown as KubeObject;
  const registry = createRegistry();
  registry.setCustom('wides.example.com', customKinds(definition, 1));
  const documents = new Documents(new Schema(registry), DEFAULT_LIMITS);
  const errorsOf = (text: string): string[] => documents.of(text).errors.map(({ message }) => message);

  test('is asked for as any other', () => {
    expect(
      errorsOf(
        `{ wides(where: { spec: { p1: { eq: "x" } } }, orderBy: [{ spec: { p2: ASC } }]) { items { spec { p3 p999 } } } }`,
      ),
    ).toEqual([]);
    expect(errorsOf('mutation { createWide(input: { spec: { p1: "x" } }) { kind } }')).toEqual([]);
  });

  test('offers no names that are nearly right: each would be compared with all of them', () => {
    expect(errorsOf('{ wides { items { spec { p1000 } } } }')).toEqual([
      'Cannot query field "p1000" on type "Wide_example_com_v1_Spec".',
    ]);
    expect(errorsOf('{ pods { items { spec { nodeNam } } } }')[0]).toContain('Did you mean "nodeName"');
  });
});
