import { typeFacts, type FieldFacts, type FieldMore } from './facts.ts';
import type { Field, ObjectSchema, ScalarSchema, Schema } from './schema.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const NOT_STRUCTS: Readonly<Record<string, ScalarSchema['type']>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  [`${META}Time`]: 'time',
  [`${META}MicroTime`]: 'microTime',
};
const SCALARS: ReadonlySet<string> = new Set(['string', 'boolean', 'int32', 'int64', 'double', 'bytes']);
const scalars = new Map<string, ScalarSchema>();
const structs = new Map<string, ObjectSchema>();
export const ANY: Schema = { type: 'any' };

const scalar = (type: ScalarSchema['type']): ScalarSchema => {
  let schema = scalars.get(type);
  if (!schema) scalars.set(type, (schema = { type }));
  return schema;
};

const ZEROES: Readonly<Record<string, unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '',
};

function schemaOf(expression: string, more: FieldMore = {}): Schema {
  if (expression.startsWith('[]')) {
    const item = schemaOf(expression.slice(2), more.enum && { enum: more.enum });
    return { type: 'list', item, listType: more.list ?? 'atomic', keys: more.keys ?? [] };
  }
  if (expression.startsWith('{}')) {
    const value = schemaOf(expression.slice(2), more.enum && { enum: more.enum });
    return { type: 'map', value, atomic: more.map === 'atomic' };
  }
  if (expression.startsWith('#')) return referred(expression.slice(1), more);
  if (!SCALARS.has(expression)) return ANY;
  const type = expression as ScalarSchema['type'];
  return more.enum ? { type, enum: more.enum } : scalar(type);
}

/** Structs without any field, which OpenAPI does not tell from what may hold anything. */
const EMPTY: ReadonlySet<string> = new Set([
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus',
]);

function referred(name: string, more: FieldMore): Schema {
  const special = NOT_STRUCTS[name];
  if (special) return scalar(special);
  if (!typeFacts[name]?.fields) return EMPTY.has(name) ? structSchema(name) : ANY;
  const schema = structSchema(name);
  // a field may say otherwise than its type: PersistentVolume's claimRef is granular, ObjectReference atomic
  if (more.map === undefined || (more.map === 'atomic') === schema.atomic) return schema;
  return new Struct(name, more.map === 'atomic');
}

function field([name, expression, number, flags, more = {}]: FieldFacts): Field {
  const schema = schemaOf(expression, more);
  const zero = schema.type === 'object' ? {} : ZEROES[schema.type];
  const value = more.default ?? (flags.includes('z') ? zero : undefined);
  return {
    name,
    schema,
    required: flags.includes('r'),
    ...(value !== undefined && { default: value }),
    nullable: false,
    ...(more.patch && { patchStrategy: more.patch.split(',') }),
    ...(more.mergeKey && { patchMergeKey: more.mergeKey }),
    omitEmpty: flags.includes('o'),
    pointer: flags.includes('p'),
    number,
    ...(more.within && { within: more.within }),
  };
}

/** Its fields are made at the first use: of 570 types a request needs a dozen, and some are recursive. */
class Struct implements ObjectSchema {
  readonly type = 'object';
  readonly preserveUnknown = false;
  private made: Map<string, Field> | undefined;
  constructor(
    readonly name: string,
    readonly atomic: boolean,
  ) {}
  get fields(): Map<string, Field> {
    this.made ??= new Map((typeFacts[this.name]?.fields ?? []).map((f) => [f[0], field(f)]));
    return this.made;
  }
}

/** The schema of a struct by its OpenAPI definition name; one and the same each time. */
export function structSchema(name: string): ObjectSchema {
  let schema = structs.get(name);
  if (!schema) structs.set(name, (schema = new Struct(name, typeFacts[name]?.map === 'atomic')));
  return schema;
}

export const objectMetaSchema: ObjectSchema = structSchema(`${META}ObjectMeta`);
