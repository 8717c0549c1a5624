import { block } from '../../kinds/protobuf/value.ts';
import { Writer } from '../../kinds/protobuf/writer.ts';
import { toYaml } from '../../kinds/yaml/write-yaml.ts';
import type { Node } from './definitions.ts';

/**
 * OpenAPI version 2 as gnostic's `openapi.v2.Document`, which older clients ask for. The tables have the message's field
 * numbers (https://github.com/google/gnostic, openapiv2/OpenAPIv2.proto) for what such a document of ours can hold.
 */
type Type = 'string' | 'boolean' | 'double' | 'int' | 'any' | MessageName;
/** number, type, and whether it may come several times */
type FieldFacts = readonly [number: number, type: Type, repeated?: 'repeated'];
type MessageName =
  | 'Schema'
  | 'Schemas'
  | 'SchemaOrBoolean'
  | 'SchemaItem'
  | 'Items'
  | 'Strings'
  | 'Reference'
  | 'BodyParameter'
  | 'PathParameter'
  | 'QueryParameter'
  | 'OtherParameter'
  | 'Parameter'
  | 'Parameters'
  | 'ParameterOrReference'
  | 'Response'
  | 'ResponseOrReference'
  | 'Responses'
  | 'Operation'
  | 'PathItem'
  | 'Paths'
  | 'Info'
  | 'ApiKey'
  | 'SecurityDefinition'
  | 'SecurityDefinitions'
  | 'Requirement'
  | 'Document';
type Fields = Readonly<Record<string, FieldFacts>>;

const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;

const EXTENSION = /^x-/;
/** Limits of a value, from `at` on: the same in every message that has them. */
const limits = (at: number): Fields => ({
  maximum: [at, 'double'],
  exclusiveMaximum: [at + 1, 'boolean'],
  minimum: [at + 2, 'double'],
  exclusiveMinimum: [at + 3, 'boolean'],
  maxLength: [at + 4, 'int'],
  minLength: [at + 5, 'int'],
  pattern: [at + 6, 'string'],
  maxItems: [at + 7, 'int'],
  minItems: [at + 8, 'int'],
  uniqueItems: [at + 9, 'boolean'],
});
const PARAMETER: Fields = {
  required: [1, 'boolean'],
  in: [2, 'string'],
  description: [3, 'string'],
  name: [4, 'string'],
};
const PATH_PARAMETER: Fields = {
  ...PARAMETER,
  type: [5, 'string'],
  format: [6, 'string'],
  default: [9, 'any'],
  ...limits(10),
};
const QUERY_PARAMETER: Fields = {
  ...PARAMETER,
  type: [6, 'string'],
  format: [7, 'string'],
  default: [10, 'any'],
  ...limits(11),
};

const SCHEMA: Fields = {
  $ref: [1, 'string'],
  format: [2, 'string'],
  title: [3, 'string'],
  description: [4, 'string'],
  default: [5, 'any'],
  multipleOf: [6, 'double'],
  ...limits(7),
  maxProperties: [17, 'int'],
  minProperties: [18, 'int'],
  required: [19, 'string', 'repeated'],
  enum: [20, 'any', 'repeated'],
  additionalProperties: [21, 'SchemaOrBoolean'],
  type: [22, 'Strings'],
  items: [23, 'Items'],
  allOf: [24, 'Schema', 'repeated'],
  properties: [25, 'Schemas'],
  discriminator: [26, 'string'],
  readOnly: [27, 'boolean'],
  example: [30, 'any'],
};
const OPERATION: Fields = {
  tags: [1, 'string', 'repeated'],
  summary: [2, 'string'],
  description: [3, 'string'],
  operationId: [5, 'string'],
  produces: [6, 'string', 'repeated'],
  consumes: [7, 'string', 'repeated'],
  parameters: [8, 'ParameterOrReference', 'repeated'],
  responses: [9, 'Responses'],
  schemes: [10, 'string', 'repeated'],
  deprecated: [11, 'boolean'],
};
const PATH_ITEM: Fields = {
  $ref: [1, 'string'],
  get: [2, 'Operation'],
  put: [3, 'Operation'],
  post: [4, 'Operation'],
  delete: [5, 'Operation'],
  options: [6, 'Operation'],
  head: [7, 'Operation'],
  patch: [8, 'Operation'],
  parameters: [9, 'ParameterOrReference', 'repeated'],
};
const DOCUMENT: Fields = {
  swagger: [1, 'string'],
  info: [2, 'Info'],
  schemes: [5, 'string', 'repeated'],
  consumes: [6, 'string', 'repeated'],
  produces: [7, 'string', 'repeated'],
  paths: [8, 'Paths'],
  definitions: [9, 'Schemas'],
  parameters: [10, 'Parameters'],
  security: [12, 'Requirement', 'repeated'],
  securityDefinitions: [13, 'SecurityDefinitions'],
};

type Loose = any;
type Write = (writer: Writer, value: Loose) => void;

/** A struct; `extensions` is the number of what begins with `x-`. */
const struct =
  (fields: () => Fields, extensions: number): Write =>
  (writer, value: Node) => {
    // from the end to the start, as the writer does
    for (const name of Object.keys(value)
      .filter((key) => EXTENSION.test(key))
      .reverse())
      named(writer, extensions, name, value[name], 'any');
    const known = Object.entries(fields()).filter(([name]) => value[name] !== undefined);
    for (const [name, facts] of known.sort(([, a], [, b]) => b[0] - a[0])) field(writer, facts, value[name]);
  };
/** A map as a list of its names with their values. */
const mapOf =
  (number: number, type: Type): Write =>
  (writer, value: Node) => {
    for (const name of Object.keys(value).reverse()) named(writer, number, name, value[name], type);
  };
/** One of several messages, as `choose` says. */
const oneOf =
  (choose: (value: Loose) => readonly [number: number, type: Type]): Write =>
  (writer, value) =>
    field(writer, choose(value), value);
const list =
  (number: number, type: Type): Write =>
  (writer, value) =>
    field(writer, [number, type, 'repeated'], Array.isArray(value) ? value : [value]);

const QUERY_LIKE: Readonly<Record<string, readonly [number, Type]>> = {
  header: [1, 'PathParameter'],
  formData: [2, 'QueryParameter'],
  query: [3, 'QueryParameter'],
  path: [4, 'PathParameter'],
};
const isReference = (value: Loose): boolean => value.$ref !== undefined;

const WRITERS: Readonly<Record<MessageName, Write>> = {
  Schema: struct(() => SCHEMA, 31),
  Schemas: mapOf(1, 'Schema'),
  SchemaOrBoolean: oneOf((value) => (typeof value === 'boolean' ? [2, 'boolean'] : [1, 'Schema'])),
  SchemaItem: oneOf(() => [1, 'Schema']),
  Items: list(1, 'Schema'),
  Strings: list(1, 'string'),
  Reference: struct(() => ({ $ref: [1, 'string'], description: [2, 'string'] }), 0),
  BodyParameter: struct(
    () => ({
      description: [1, 'string'],
      name: [2, 'string'],
      in: [3, 'string'],
      required: [4, 'boolean'],
      schema: [5, 'Schema'],
    }),
    6,
  ),
  PathParameter: struct(() => PATH_PARAMETER, 22),
  QueryParameter: struct(() => QUERY_PARAMETER, 23),
  OtherParameter: oneOf((value) => QUERY_LIKE[value.in] ?? [3, 'QueryParameter']),
  Parameter: oneOf((value) => (value.in === 'body' ? [1, 'BodyParameter'] : [2, 'OtherParameter'])),
  Parameters: mapOf(1, 'Parameter'),
  ParameterOrReference: oneOf((value) => (isReference(value) ? [2, 'Reference'] : [1, 'Parameter'])),
  Response: struct(() => ({ description: [1, 'string'], schema: [2, 'SchemaItem'] }), 5),
  ResponseOrReference: oneOf((value) => (isReference(value) ? [2, 'Reference'] : [1, 'Response'])),
  Responses: mapOf(1, 'ResponseOrReference'),
  Operation: struct(() => OPERATION, 13),
  PathItem: struct(() => PATH_ITEM, 10),
  Paths: mapOf(2, 'PathItem'),
  Info: struct(() => ({ title: [1, 'string'], version: [2, 'string'], description: [3, 'string'] }), 7),
  ApiKey: struct(
    () => ({ type: [1, 'string'], name: [2, 'string'], in: [3, 'string'], description: [4, 'string'] }),
    5,
  ),
  SecurityDefinition: oneOf(() => [2, 'ApiKey']),
  SecurityDefinitions: mapOf(1, 'SecurityDefinition'),
  Requirement: mapOf(1, 'Strings'),
  Document: struct(() => DOCUMENT, 16),
};

const tag = (writer: Writer, number: number, wire: number): void => writer.varint(number * 8 + wire);

/** An entry of a map: a message of a name and a value. */
function named(writer: Writer, number: number, name: string, value: unknown, type: Type): void {
  block(writer, () => {
    field(writer, [2, type], value);
    field(writer, [1, 'string'], name);
  });
  tag(writer, number, LENGTH_DELIMITED);
}

function field(writer: Writer, [number, type, repeated]: FieldFacts, value: Loose): void {
  if (repeated) {
    for (const item of [...(value as unknown[])].reverse()) field(writer, [number, type], item);
    return;
  }
  let wire = LENGTH_DELIMITED;
  switch (type) {
    case 'string':
      writer.string(String(value));
      break;
    case 'boolean':
    case 'int':
      writer.varint(Number(value));
      wire = 0;
      break;
    case 'double':
      writer.double(Number(value));
      wire = FIXED_64;
      break;
    case 'any':
      // as text: field 2 of Any
      block(writer, () => {
        writer.string(toYaml(value));
        tag(writer, 2, LENGTH_DELIMITED);
      });
      break;
    default:
      block(writer, () => WRITERS[type](writer, value));
  }
  tag(writer, number, wire);
}

/** A document of version 2 as the message's bytes, without envelope. */
export function encodeOpenApi(document: object): Buffer {
  const writer = new Writer();
  WRITERS.Document(writer, document);
  return writer.finish();
}
