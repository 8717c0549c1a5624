import { checkValues, MAX_VALUES } from './body-bounds.ts';
import { scanJson } from '../go/json-scan.ts';
import { stringifyExact } from '../go/json-numbers.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * Defaults that the schema itself lists. For built-in kinds OpenAPI v3 gives the zero value of every field that is no
 * pointer as its default: that is the form of Go's structs, which `normalize` applies when an object is written, and no
 * default. Only other values count here. In custom resources every `default` of the schema does.
 */
/** Values that defaults may add to one object: a list of empty items could otherwise grow by thousands for each byte. */
class Budget {
  private left = MAX_VALUES;
  spend(values: number): void {
    this.left -= values;
    if (this.left < 0) checkValues({ values: MAX_VALUES + 1 });
  }
}

type Apply = (value: unknown, budget: Budget, known?: Record<string, unknown>) => void;

type Step = (object: Record<string, unknown>, budget: Budget, known?: Record<string, unknown>) => void;

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
    return item && ((value, budget) => Array.isArray(value) && value.forEach((one) => item(one, budget)));
  }
  if (schema.type === 'map') {
    const each = compile(schema.value, custom);
    return each && ((value, budget) => isObject(value) && Object.values(value).forEach((one) => each(one, budget)));
  }
  return schema.type === 'object' ? compileStruct(schema, custom) : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compileStruct(schema: ObjectSchema, custom: boolean): Apply | null {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // a type that contains itself is resolved when it is used
  if (compiling.has(schema)) return (value, budget) => compiled.get(schema)?.(value, budget);
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
    ? (value, budget, above) => isObject(value) && steps.forEach((step) => step(value, budget, above))
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
  const size = own === undefined ? 0 : scanJson(own).values;
  return (object, budget, known) => {
    if (own !== undefined && unset(object[name])) {
      budget.spend(size);
      object[name] = JSON.parse(own);
    }
    if (below && object[name] !== undefined && object[name] !== known?.[name]) below(object[name], budget);
  };
}

/**
 * Fills in, in place, what the schema says of absent fields. Idempotent.
 * Throws 413 where they are too many.
 * @param known an object that has its defaults: top-level fields that are shared with it are left alone
 */
export function applySchemaDefaults(
  schema: ObjectSchema,
  object: KubeObject,
  custom: boolean,
  known?: KubeObject,
): void {
  compileStruct(schema, custom)?.(object, new Budget(), known);
}
