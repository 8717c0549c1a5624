import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  objectType,
  sized,
  STRING,
  TIMESTAMP,
  type Field,
  type Type,
} from '../../cel/types.ts';
import type { JsonSchema } from '../custom/json-schema.ts';
import { celName, celNames } from './names.ts';

/** Bytes of the largest request; nothing in an object is longer. */
const MAX_REQUEST = 3 * 1024 * 1024;
/** How often a value of so many bytes may stand in a request, each with a comma. */
export const timesInRequest = (least: number): number => Math.floor(MAX_REQUEST / (least + 1));
/** Brackets, braces or quotes. */
const AROUND = 2;

export interface SchemaType {
  readonly type: Type;
  /** bytes that the least value takes in JSON */
  readonly least: number;
}
interface Scalar {
  readonly type: Type;
  readonly least: number;
  /** characters of the longest, in JSON */
  readonly longest?: number;
}
const SCALARS: Readonly<Record<string, Scalar>> = {
  boolean: { type: sized(BOOL, 0), least: 4 },
  number: { type: sized(DOUBLE, 0), least: 1 },
  integer: { type: sized(INT, 0), least: 1 },
};
const FORMATS: Readonly<Record<string, Scalar>> = {
  duration: { type: DURATION, least: 3, longest: 32 },
  date: { type: TIMESTAMP, least: 12, longest: 12 },
  'date-time': { type: TIMESTAMP, least: 21, longest: 32 },
};
const NAMES: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
/** Bytes of a character at most. */
const CHARACTER = 4;
const atLeastZero = (n: number): number => Math.max(0, n);
const longest = ({ maxLength }: JsonSchema): number =>
  maxLength === undefined ? MAX_REQUEST - AROUND : atLeastZero(maxLength) * CHARACTER;

function textType(schema: JsonSchema): SchemaType {
  const { format = '', maxLength, enum: values } = schema;
  const known = FORMATS[format];
  if (known) return { type: sized(known.type, known.longest ?? 0), least: known.least };
  if (format === 'byte')
    return { type: sized(BYTES, maxLength === undefined ? longest(schema) : atLeastZero(maxLength)), least: AROUND };
  if (maxLength === undefined && values?.length) {
    const lengths = values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0));
    return { type: sized(STRING, Math.max(...lengths)), least: AROUND };
  }
  return { type: sized(STRING, longest(schema)), least: AROUND };
}

/**
 * The type of a value of a structural schema, with the most that it holds; undefined for what rules cannot see.
 * @param name of the type; types within it are named by their paths
 * @param whole the schema is that of a whole object, with kind, apiVersion and metadata
 */
export function schemaType(schema: JsonSchema, name: string, whole = false): SchemaType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: sized(DYN, longest(schema)), least: 1 };
  switch (schema.type) {
    case 'string':
      return textType(schema);
    case 'object':
      return objectOf(schema, name, whole || schema['x-kubernetes-embedded-resource'] === true);
    case 'array': {
      const item = schema.items && schemaType(schema.items, `${name}.@idx`);
      if (!item) return undefined;
      const most = Math.floor((MAX_REQUEST - AROUND) / (item.least + 1));
      const count = schema.maxItems === undefined ? most : atLeastZero(schema.maxItems);
      return { type: sized(listOf(item.type), count), least: AROUND };
    }
    default:
      return SCALARS[schema.type ?? ''];
  }
}

function objectOf(schema: JsonSchema, name: string, whole: boolean): SchemaType | undefined {
  if (typeof schema.additionalProperties === 'object') {
    const value = schemaType(schema.additionalProperties, `${name}.@elem`);
    if (!value) return undefined;
    // a key, its quotes, a colon and a comma
    const most = Math.floor((MAX_REQUEST - AROUND) / (value.least + 6));
    const count = schema.maxProperties === undefined ? most : atLeastZero(schema.maxProperties);
    return { type: sized(mapOf(STRING, value.type), count), least: AROUND };
  }
  const own: Record<string, JsonSchema> = whole
    ? { kind: { type: 'string' }, apiVersion: { type: 'string' }, metadata: NAMES }
    : {};
  const fields = new Map<string, Field>();
  let least = AROUND;
  for (const [key, property] of Object.entries({ ...schema.properties, ...own })) {
    const escaped = celName(key);
    const found = schemaType(property, `${name}.${escaped ?? ''}`);
    if (!found) continue;
    for (const known of celNames(key)) fields.set(known, { type: found.type, key, keyword: known !== escaped });
    if (schema.required?.includes(key) && property.default === undefined) least += key.length + found.least + 4;
  }
  return { type: sized(objectType(name, fields), 0), least };
}
