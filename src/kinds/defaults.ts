import { stringifyExact } from '../go/json-numbers.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * Defaults that the schema itself lists. For built-in kinds OpenAPI v3 gives the zero value of every field that is no
 * pointer as its default: that is the form of Go's structs, which `normalize` applies when an object is written, and no
 * default. Only other values count here. In custom resources every `default` of the schema does.
 */
type Apply = (value: unknown, known?: Record<string, unknown>) => void;

type Step = (object: Record<string, unknown>, known?: Record<string, unknown>) => void;

const isZero = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const compiled = new WeakMap<object, Apply | null>();
const compiling = new Set<object>();

/** A function that fills in the defaults of a value, or null where there are none below. */
function compile(schema: Schema, custom: boolean): Apply | null {
  if (schema.type === 'list') {
    const item = compile(schema.item, custom);
    return item && ((value) => Array.isArray(value) && value.forEach((one) => item(one)));
  }
  if (schema.type === 'map') {
    const each = compile(schema.value, custom);
    return each && ((value) => isObject(value) && Object.values(value).forEach((one) => each(one)));
  }
  return schema.type === 'object' ? compileStruct(schema, custom) : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compileStruct(schema: ObjectSchema, custom: boolean): Apply | null {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // a type that contains itself is resolved when it is used
  if (compiling.has(schema)) return (value) => compiled.get(schema)?.(value);
  compiling.add(schema);
  const steps: Step[] = [];
  // a built-in struct inside a custom resource (metadata) keeps the built-in meaning of defaults
  const own = custom && schema.name === '';
  for (const field of schema.fields.values()) {
    const step = fieldStep(field, own);
    if (step) steps.push(step);
  }
  compiling.delete(schema);
  const apply: Apply | null = steps.length
    ? (value, above) => isObject(value) && steps.forEach((step) => step(value, above))
    : null;
  compiled.set(schema, apply);
  return apply;
}

function fieldStep(field: Field, custom: boolean): Step | undefined {
  const { name, nullable } = field;
  const below = compile(field.schema, custom);
  const own =
    field.default !== undefined && (custom || !isZero(field.default)) ? stringifyExact(field.default) : undefined;
  if (own === undefined && !below) return undefined;
  // a zero-length string of Go stands for unset
  const unset = (value: unknown): boolean =>
    value === undefined || (custom ? value === null && !nullable : value === null || (value === '' && !field.pointer));
  return (object, known) => {
    if (own !== undefined && unset(object[name])) object[name] = JSON.parse(own);
    if (below && object[name] !== undefined && object[name] !== known?.[name]) below(object[name]);
  };
}

/**
 * Fills in, in place, what the schema says of absent fields. Idempotent.
 * @param known an object that has its defaults: top-level fields that are shared with it are left alone
 */
export function applySchemaDefaults(
  schema: ObjectSchema,
  object: KubeObject,
  custom: boolean,
  known?: KubeObject,
): void {
  compileStruct(schema, custom)?.(object, known);
}
