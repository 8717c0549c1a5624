import { celName } from '../cel.ts';
import type { JsonSchema } from '../custom/json-schema.ts';
import { listOf, mapOf, objectOf, type CelType } from './types.ts';

const SCALARS: Readonly<Record<string, CelType>> = { boolean: 'bool', number: 'double', integer: 'int' };
const FORMATS: Readonly<Record<string, CelType>> = {
  byte: 'bytes',
  duration: 'duration',
  date: 'timestamp',
  'date-time': 'timestamp',
};
const NAMES: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/**
 * The type of a value of a structural schema; undefined for what rules cannot see.
 * @param whole the schema is that of a whole object, with kind, apiVersion and metadata
 */
export function schemaType(schema: JsonSchema, whole = false): CelType | undefined {
  if (schema['x-kubernetes-int-or-string']) return 'dyn';
  if (schema.type === 'string') return FORMATS[schema.format ?? ''] ?? 'string';
  if (schema.type === 'object') return objectType(schema, whole || schema['x-kubernetes-embedded-resource'] === true);
  if (schema.type !== 'array') return SCALARS[schema.type ?? ''];
  const item = schema.items && schemaType(schema.items);
  return item && listOf(item);
}

function objectType(schema: JsonSchema, whole: boolean): CelType | undefined {
  if (typeof schema.additionalProperties === 'object') {
    const value = schemaType(schema.additionalProperties);
    return value && mapOf('string', value);
  }
  const own: Record<string, JsonSchema> = whole
    ? { kind: { type: 'string' }, apiVersion: { type: 'string' }, metadata: NAMES }
    : {};
  const fields = Object.entries({ ...schema.properties, ...own }).flatMap(([name, property]) => {
    const type = schemaType(property);
    return type === undefined ? [] : [[celName(name), type] as const];
  });
  return objectOf('object', Object.fromEntries(fields));
}
