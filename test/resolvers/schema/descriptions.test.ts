import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  type GraphQLNamedType,
} from 'graphql';
import { expect, test } from 'vitest';
import { customKinds } from '../../../src/kinds/custom.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import type { ObjectSchema, Schema as KindSchema } from '../../../src/kinds/schema.ts';
import { fieldDescription } from '../../../src/kinds/descriptions.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { fieldNames, namesOf } from '../../../src/resolvers/schema/names.ts';
import { Schema } from '../../../src/resolvers/schema/schema.ts';

const definition = {
  metadata: { name: 'clusters.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Cluster', plural: 'clusters', singular: 'cluster' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer', description: 'How many.' },
                  size: { type: 'string', enum: ['S', 'M'] },
                  limits: { type: 'object', additionalProperties: { type: 'string' } },
                  parts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
} as unknown as KubeObject;

/** The fields of Kubernetes' own structs, and of custom ones, of which nobody has said anything: `PodSpec` → names. */
function silentFields(
  kinds: readonly Kind[],
  nameOf: (schema: ObjectSchema, path: string) => string,
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const visit = (schema: KindSchema, path: string): void => {
    if (schema.type === 'list') return visit(schema.item, `${path}Item`);
    if (schema.type === 'map') return visit(schema.value, `${path}Value`);
    if (schema.type !== 'object') return;
    const name = nameOf(schema, path);
    if (found.has(name)) return;
    const silent = new Set<string>();
    found.set(name, silent);
    const names = fieldNames(schema);
    for (const [json, field] of schema.fields) {
      if (!fieldDescription(schema.name, json) && !field.description) {
        const field = names.get(json) ?? json;
        silent.add(field);
        // where `not` and its like are words of filters
        silent.add(`${field}_`);
      }
      visit(field.schema, `${name}_${json}`);
    }
  };
  for (const kind of kinds) visit(kind.schema, namesOf(kind).type);
  return found;
}

const STRUCT_TYPES = ['', 'Input', 'Where', 'Field', 'GroupBy'];

function undescribed(type: GraphQLNamedType, silent: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const missing = type.description ? [] : [type.name];
  // those of a definition are what they say
  if (isEnumType(type) && !type.name.includes('_'))
    for (const { name, description } of type.getValues()) if (!description) missing.push(`${type.name}.${name}`);
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return missing;
  const exempt = STRUCT_TYPES.flatMap((end) =>
    type.name.endsWith(end) ? [silent.get(type.name.slice(0, type.name.length - end.length))] : [],
  );
  for (const field of Object.values(type.getFields())) {
    if (!field.description && !exempt.some((names) => names?.has(field.name)))
      missing.push(`${type.name}.${field.name}`);
    if ('args' in field)
      for (const arg of field.args) if (!arg.description) missing.push(`${type.name}.${field.name}(${arg.name})`);
  }
  return missing;
}

test('whatever is ours says what it is: types, fields, arguments and values', () => {
  const registry = createRegistry();
  registry.setCustom('clusters.example.com', customKinds(definition, 1));
  const schema = new Schema(registry);
  const { types } = schema.fields;
  const whole = schema.completeNow();
  const silent = silentFields(registry.all(), (struct, path) => types.structName(struct, path));
  const all = Object.values(whole.getTypeMap()).filter((type) => !isIntrospectionType(type));
  const missing = all.flatMap((type) => undescribed(type, silent));
  expect(missing).toEqual([]);
});
