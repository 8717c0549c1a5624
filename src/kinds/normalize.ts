import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * An object as Go would marshal the struct: fields in the order of the type, zero values left out where the field is
 * `omitempty`, structs that are no pointers always there. This is the form that is stored and that clients see.
 */
type Value = unknown;
type Shape = Record<string, Value>;

/** creationTimestamp alone among times is left out when zero (`omitzero`, since 1.34). */
const OMIT_ZERO_TIME = 'creationTimestamp';
/** Entries that this program makes, in the form in which they are stored. */
const MANAGED_FIELDS = 'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry';
const NULL_WHEN_ABSENT = new Set(['time', 'microTime', 'any']);

/** What an absent field of a struct becomes; undefined: it stays away. */
function absent(field: Field): Value {
  const { schema, pointer, omitEmpty } = field;
  if (pointer) return omitEmpty ? undefined : null;
  if (schema.type === 'object') return normalizeStruct(schema, {}, true);
  if (NULL_WHEN_ABSENT.has(schema.type))
    return field.name === OMIT_ZERO_TIME || (schema.type === 'any' && !field.number) ? undefined : null;
  if (schema.type === 'quantity') return '0';
  if (schema.type === 'intOrString') return 0;
  if (omitEmpty) return undefined;
  switch (schema.type) {
    case 'string':
    case 'duration':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
      return 0;
    default:
      return null;
  }
}

const isEmpty = (schema: Schema, value: Value): boolean =>
  schema.type === 'list'
    ? (value as Value[]).length === 0
    : schema.type === 'map'
      ? noKeys(value as Shape)
      : value === '' || value === 0 || value === false;

function noKeys(value: Shape): boolean {
  for (const _ in value) return false;
  return true;
}

function set(out: Shape, key: string, value: Value): void {
  if (key === '__proto__')
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
  else out[key] = value;
}

function normalizeValue(schema: Schema, value: Value, stored: boolean): Value {
  if (value === null || typeof value !== 'object') return value;
  switch (schema.type) {
    case 'object':
      return normalizeStruct(schema, value as Shape, stored);
    case 'list':
      if (schema.item.type === 'object' && schema.item.name === MANAGED_FIELDS) return value;
      if (schema.item.type !== 'object' && schema.item.type !== 'list' && schema.item.type !== 'map') return value;
      return (value as Value[]).map((item) => normalizeValue(schema.item, item, stored));
    case 'map': {
      if (schema.value.type !== 'object' && schema.value.type !== 'list') return value;
      const out: Shape = {};
      for (const key of Object.keys(value)) set(out, key, normalizeValue(schema.value, (value as Shape)[key], stored));
      return out;
    }
    default:
      return value;
  }
}

/** One field into `out`, if Go would write it. */
function put(out: Shape, field: Field, value: Value, stored: boolean): void {
  if (value === undefined || value === null) {
    const zero = absent(field);
    if (zero !== undefined) out[field.name] = zero;
  } else if (field.omitEmpty && !(field.pointer && isScalar(field)) && isOmitted(field.schema, value)) {
    // left out
  } else if (
    stored &&
    !field.omitEmpty &&
    field.number &&
    COLLECTIONS.has(field.schema.type) &&
    isEmpty(field.schema, value)
  ) {
    // protobuf, in which built-in kinds are stored, cannot tell empty from absent
    out[field.name] = null;
  } else out[field.name] = normalizeValue(field.schema, value, stored);
}

const isScalar = ({ schema }: Field): boolean => schema.type !== 'list' && schema.type !== 'map';
const OMITTABLE = new Set(['string', 'boolean', 'int32', 'int64', 'double', 'bytes', 'duration', 'list', 'map']);
const COLLECTIONS = new Set(['list', 'map']);
const isOmitted = (schema: Schema, value: Value): boolean => OMITTABLE.has(schema.type) && isEmpty(schema, value);

/** Fields that Go writes even when nothing is set. Most structs have few; walking only these keeps large types cheap. */
const always = new WeakMap<ObjectSchema, readonly Field[]>();
function alwaysWritten(schema: ObjectSchema): readonly Field[] {
  let fields = always.get(schema);
  if (!fields) {
    fields = [...schema.fields.values()].filter(
      (f) =>
        f.name !== 'kind' &&
        f.name !== 'apiVersion' &&
        ((f.schema.type === 'object' && !f.pointer) || absent(f) !== undefined),
    );
    always.set(schema, fields);
  }
  return fields;
}

function normalizeStruct(schema: ObjectSchema, value: Shape, stored: boolean): Shape {
  const out: Shape = {};
  const { fields } = schema;
  const keys = Object.keys(value);
  if (keys.length * 2 >= fields.size) {
    for (const field of fields.values()) put(out, field, value[field.name], stored);
    return out;
  }
  for (const key of keys) {
    const field = fields.get(key);
    if (field) put(out, field, value[key], stored);
  }
  for (const field of alwaysWritten(schema)) if (!(field.name in out)) put(out, field, undefined, stored);
  return out;
}

/**
 * A whole object of a built-in kind in its canonical form; `object` stays as it is.
 * @param stored as it is read back from the store; false: as it was sent, where an empty list is not yet null
 * @param known an object in canonical form: top-level fields that are shared with it are taken as they are
 */
export function normalizeObject<T extends object>(schema: ObjectSchema, object: T, stored = true, known?: object): T {
  const from = object as Shape;
  const out: Shape = {};
  if (from['kind'] !== undefined) out['kind'] = from['kind'];
  if (from['apiVersion'] !== undefined) out['apiVersion'] = from['apiVersion'];
  for (const field of schema.fields.values()) {
    const { name } = field;
    if (name === 'kind' || name === 'apiVersion') continue;
    const value = from[name];
    if (known !== undefined && typeof value === 'object' && value === (known as Shape)[name]) out[name] = value;
    else put(out, field, value, stored);
  }
  return out as T;
}
