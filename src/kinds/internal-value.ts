import { structSchema } from './builtin-schema.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * A value as Go prints the API server's own types in messages: they have no JSON names and leave nothing out. For types
 * whose fields stand as in the served version; pods, which do not, have a form of their own.
 */
type Shape = Record<string, unknown>;
const ZEROES: Readonly<Record<string, unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
};
/** Words that Go writes in capitals. */
const CAPITALS = /^(api|cel|csi|uid|id)(?=[A-Z]|$)|(?<=[a-z])(Id|Uid|Url)(?=[A-Z]|s?$)/g;

const goName = (name: string): string => {
  const known = name.replace(CAPITALS, (word) => word.toUpperCase());
  return known[0]!.toUpperCase() + known.slice(1);
};

function zero(field: Field): unknown {
  if (field.pointer) return null;
  return field.schema.type === 'object' ? struct(field.schema, {}) : (ZEROES[field.schema.type] ?? null);
}

function valueOf(schema: Schema, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (schema.type === 'list') return (value as unknown[]).map((item) => valueOf(schema.item, item));
  if (schema.type === 'map')
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, valueOf(schema.value, (value as Shape)[key])]),
    );
  // the machinery's types have JSON names everywhere
  return schema.type === 'object' && schema.name.startsWith('io.k8s.api.') ? struct(schema, value as Shape) : value;
}

function struct(schema: ObjectSchema, value: Shape): Shape {
  const out: Shape = {};
  for (const field of schema.fields.values()) {
    const given = value[field.name];
    out[goName(field.name)] = given === undefined || given === null ? zero(field) : valueOf(field.schema, given);
  }
  return out;
}

/** @param type OpenAPI definition name: `io.k8s.api.flowcontrol.v1.FlowSchemaSpec` */
export const internalValue = (type: string, value: object): unknown => struct(structSchema(type), value as Shape);
