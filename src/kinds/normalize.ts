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

/** What is put in the place of an absent field; undefined: it stays away. Structs that are always there are made anew. */
function zeroOf(field: Field): Value {
  const { schema, pointer, omitEmpty } = field;
  if (pointer) return omitEmpty ? undefined : null;
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

const OMITTABLE = new Set(['string', 'boolean', 'int32', 'int64', 'double', 'bytes', 'duration', 'list', 'map']);
const COLLECTIONS = new Set(['list', 'map']);
const NESTED = new Set(['object', 'list', 'map']);

/** What is decided of a field once, and not with each value. */
interface Plan {
  name: string;
  schema: Schema;
  /** a struct that is there even where it was not sent */
  alwaysStruct: ObjectSchema | undefined;
  /** of all others that are absent */
  zero: Value;
  /** left out when it is zero or empty */
  omits: boolean;
  /** null in the store when it is empty: protobuf, in which built-in kinds are stored, cannot tell empty from absent */
  nullWhenEmpty: boolean;
  /** its values are taken as they are */
  plain: boolean;
}

const planOf = (field: Field): Plan => {
  const { name, schema, pointer, omitEmpty, number } = field;
  const collection = COLLECTIONS.has(schema.type);
  return {
    name,
    schema,
    alwaysStruct: !pointer && schema.type === 'object' ? schema : undefined,
    zero: zeroOf(field),
    omits: Boolean(omitEmpty) && !(pointer && !collection) && OMITTABLE.has(schema.type),
    nullWhenEmpty: !omitEmpty && Boolean(number) && collection,
    plain: isPlain(schema),
  };
};

function isPlain(schema: Schema): boolean {
  switch (schema.type) {
    case 'object':
      return false;
    case 'list':
      return (schema.item.type === 'object' && schema.item.name === MANAGED_FIELDS) || !NESTED.has(schema.item.type);
    case 'map':
      return schema.value.type !== 'object' && schema.value.type !== 'list';
    default:
      return true;
  }
}

/** A struct's fields: in the order of the type, by name, and those that Go writes even when nothing is set. */
interface StructPlan {
  all: readonly Plan[];
  byName: ReadonlyMap<string, Plan>;
  /** most structs have few; walking only these keeps large types cheap */
  always: readonly Plan[];
}

const plans = new WeakMap<ObjectSchema, StructPlan>();
function structPlan(schema: ObjectSchema): StructPlan {
  let plan = plans.get(schema);
  if (!plan) {
    const all = [...schema.fields.values()].map(planOf);
    const always = all.filter(
      ({ name, alwaysStruct, zero }) =>
        name !== 'kind' && name !== 'apiVersion' && (alwaysStruct !== undefined || zero !== undefined),
    );
    plans.set(schema, (plan = { all, byName: new Map(all.map((field) => [field.name, field])), always }));
  }
  return plan;
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
      return isPlain(schema) ? value : (value as Value[]).map((item) => normalizeValue(schema.item, item, stored));
    case 'map': {
      if (isPlain(schema)) return value;
      const out: Shape = {};
      for (const key of Object.keys(value)) set(out, key, normalizeValue(schema.value, (value as Shape)[key], stored));
      return out;
    }
    default:
      return value;
  }
}

/** One field into `out`, if Go would write it. */
function put(out: Shape, plan: Plan, value: Value, stored: boolean): void {
  if (value === undefined || value === null) {
    if (plan.alwaysStruct) out[plan.name] = normalizeStruct(plan.alwaysStruct, {}, true);
    else if (plan.zero !== undefined) out[plan.name] = plan.zero;
  } else if (plan.omits && isEmpty(plan.schema, value)) {
    // left out
  } else if (plan.nullWhenEmpty && stored && isEmpty(plan.schema, value)) out[plan.name] = null;
  else out[plan.name] = plan.plain ? value : normalizeValue(plan.schema, value, stored);
}

function normalizeStruct(schema: ObjectSchema, value: Shape, stored: boolean): Shape {
  const out: Shape = {};
  const { all, byName, always } = structPlan(schema);
  let count = 0;
  for (const _ in value) count++;
  if (count * 2 >= all.length) {
    for (const field of all) put(out, field, value[field.name], stored);
    return out;
  }
  for (const key in value) {
    const field = byName.get(key);
    if (field) put(out, field, value[key], stored);
  }
  for (const field of always) if (!(field.name in out)) put(out, field, undefined, stored);
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
  for (const field of structPlan(schema).all) {
    const { name } = field;
    if (name === 'kind' || name === 'apiVersion') continue;
    const value = from[name];
    if (known !== undefined && typeof value === 'object' && value === (known as Shape)[name]) out[name] = value;
    else put(out, field, value, stored);
  }
  return out as T;
}
