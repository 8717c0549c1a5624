import { ANY, objectMetaSchema } from '../builtin-schema.ts';
import type { Field, ObjectSchema, ScalarSchema, Schema } from '../schema.ts';
import type { JsonSchema } from './json-schema.ts';

const SCALARS: Readonly<Record<string, ScalarSchema['type']>> = {
  string: 'string',
  integer: 'int64',
  number: 'double',
  boolean: 'boolean',
};

const FORMATS: Readonly<Record<string, ScalarSchema['format']>> = {
  'int64 int32': 'int32',
  'string byte': 'bytes',
  'string date-time': 'time',
  'string datetime': 'time',
  'string duration': 'duration',
  'string quantity': 'quantity',
};

/** A quantity says what it is by its format, or by the pattern that controller-gen writes: numbers with units up to Ei. */
const isQuantity = ({ format, pattern }: JsonSchema): boolean =>
  format === 'quantity' || (pattern !== undefined && /\[KMGTPE\]i\)\|\[numkMGTPE\]/.test(pattern));

const fieldOf = (name: string, schema: Schema, from: JsonSchema, required: boolean): Field => ({
  name,
  schema,
  required,
  ...(from.default !== undefined && { default: from.default }),
  ...(from.description && { description: from.description }),
  nullable: from.nullable ?? false,
  omitEmpty: true,
  pointer: true,
  number: 0,
});

const STRING: JsonSchema = { type: 'string' };
/** kind, apiVersion and metadata, which every root and every embedded resource has. */
const objectFields = (): Field[] => [
  fieldOf('apiVersion', { type: 'string' }, STRING, false),
  fieldOf('kind', { type: 'string' }, STRING, false),
  fieldOf('metadata', objectMetaSchema, {}, false),
];

function objectSchema(json: JsonSchema, root: boolean): Schema {
  const embedded = root || json['x-kubernetes-embedded-resource'] === true;
  const preserve = json['x-kubernetes-preserve-unknown-fields'] === true;
  const atomic = json['x-kubernetes-map-type'] === 'atomic';
  if (!embedded && !json.properties) {
    if (json.additionalProperties) {
      if (json.additionalProperties === true) return { type: 'map', value: ANY, atomic };
      const { nullable, default: otherwise } = json.additionalProperties;
      const dropsNulls = !nullable && otherwise === undefined;
      return {
        type: 'map',
        value: structuralSchema(json.additionalProperties),
        atomic,
        ...(dropsNulls && { dropsNulls }),
      };
    }
    if (preserve) return ANY;
  }
  const fields = new Map<string, Field>();
  if (embedded) for (const field of objectFields()) fields.set(field.name, field);
  const required = new Set(json.required);
  for (const [name, property] of Object.entries(json.properties ?? {})) {
    // a schema may restrict metadata, but what it is made of is fixed
    if (embedded && fields.has(name)) continue;
    fields.set(name, fieldOf(name, structuralSchema(property), property, required.has(name)));
  }
  return {
    type: 'object',
    name: '',
    fields,
    atomic,
    preserveUnknown: preserve,
    ...(json.description && { description: json.description }),
  };
}

/** The type of a value that a structural schema describes. Rules on values are not part of it: see validate.ts. */
export function structuralSchema(json: JsonSchema): Schema {
  if (json['x-kubernetes-int-or-string'])
    return { type: 'intOrString', ...(isQuantity(json) && { format: 'quantity' }) };
  if (json.type === 'array') {
    return {
      type: 'list',
      item: json.items ? structuralSchema(json.items) : ANY,
      listType: json['x-kubernetes-list-type'] ?? 'atomic',
      keys: json['x-kubernetes-list-map-keys'] ?? [],
    };
  }
  const scalar = SCALARS[json.type ?? ''];
  if (scalar) {
    const words = json.enum?.filter((v): v is string => typeof v === 'string');
    const format = FORMATS[`${scalar} ${json.format}`];
    return {
      type: scalar,
      ...(scalar === 'string' && words?.length && { enum: words, closed: true }),
      ...(format && { format }),
    };
  }
  return json.type === 'object' || json.properties ? objectSchema(json, false) : ANY;
}

/** The schema of a whole custom object. */
export const rootSchema = (json: JsonSchema | undefined): ObjectSchema =>
  objectSchema(json ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, true) as ObjectSchema;
