/** A schema of OpenAPI v3, as far as what is written is compared with it. */
export interface Schema {
  $ref?: string;
  allOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  type?: string;
  format?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  required?: readonly string[];
  enum?: readonly unknown[];
  default?: unknown;
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

/** The schemas of a group and version, by name. */
export type Schemas = Readonly<Record<string, Schema>>;

/** The schema of a kind, and those that it refers to. */
export interface KindSchema {
  root: Schema;
  all: Schemas;
}

/** A step into an object: the name of a field, or an item of a list. */
export type Step = string | typeof ITEM;
export const ITEM = Symbol('item');

/** Characters of a text that is completed and checked: a second's pause at each key is worse than the server's word at the end. */
export const LONGEST_TEXT = 300_000;

const REF = '#/components/schemas/';

/** The schema that a reference means, alone or (with a default or a description beside it) in an allOf of one. */
export function resolve(schema: Schema | undefined, all: Schemas): Schema | undefined {
  if (!schema) return undefined;
  const [only, second] = schema.allOf ?? [];
  const ref = schema.$ref ?? (second === undefined ? only?.$ref : undefined);
  if (ref === undefined) return schema;
  const found = all[ref.startsWith(REF) ? ref.slice(REF.length) : ref];
  if (!found) return undefined;
  const { $ref: _, allOf: __, ...own } = schema;
  return { ...found, ...own };
}

/** The schema of what a path leads to; undefined where anything may stand. */
export function schemaAt({ root, all }: KindSchema, path: readonly Step[]): Schema | undefined {
  let schema = resolve(root, all);
  for (const step of path) {
    if (!schema) return undefined;
    schema = resolve(step === ITEM ? schema.items : fieldOf(schema, step), all);
  }
  return schema;
}

/** The schema of a field: its own, or that of all fields that have no name in the schema. */
export function fieldOf({ properties, additionalProperties }: Schema, name: string): Schema | undefined {
  const known = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
}

/** Lists in lists that are named: a schema may be a list of itself. */
const DEEPEST = 5;

/** What may stand there, in a word: `string`, `list of Container`, `integer or string`. */
export function typeNameOf(schema: Schema, all: Schemas, depth = 0): string {
  const whole = resolve(schema, all) ?? schema;
  if (isIntOrString(whole)) return 'integer or string';
  if (whole.type === 'array') {
    return `list of ${whole.items && depth < DEEPEST ? typeNameOf(whole.items, all, depth + 1) : 'anything'}`;
  }
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (whole.type === 'object' && ref) return ref.slice(ref.lastIndexOf('.') + 1);
  return whole.type ?? (whole.oneOf ?? whole.anyOf)?.map(({ type }) => type ?? 'anything').join(' or ') ?? 'anything';
}

export const isIntOrString = (schema: Schema): boolean =>
  schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string';
