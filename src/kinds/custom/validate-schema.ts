import { isDeepStrictEqual } from 'node:util';
import { duplicate, invalid, required, showValue, tooLong, tooMany, typeInvalid, type FieldError } from '../../meta/field.ts';
import { formats } from './formats.ts';
import { isObject, type JsonSchema } from './json-schema.ts';
import { patternOf } from './pattern.ts';

/** Where a value is: as text, since the API server's messages repeat it. '' is the root. */
type At = string;
const below = (at: At, key: string): At => (at ? `${at}.${key}` : key);
/** Errors of composition have no place of their own. */
const NOWHERE = '<nil>';

const typeName = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'integer'
          : 'number'
        : typeof value;

function hasType(value: unknown, schema: JsonSchema): boolean {
  if (value === null) return schema.nullable === true;
  const actual = typeName(value);
  if (schema['x-kubernetes-int-or-string']) return actual === 'integer' || actual === 'string';
  return !schema.type || actual === schema.type || (schema.type === 'number' && actual === 'integer');
}

function checkString(value: string, s: JsonSchema, at: At): FieldError[] {
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (s.maxLength !== undefined && length > s.maxLength) errors.push(tooLong(at, s.maxLength));
  if (s.minLength !== undefined && length < s.minLength) {
    errors.push(invalid(at, value, `${at} in body should be at least ${s.minLength} chars long`));
  }
  if (s.pattern !== undefined && !patternOf(s.pattern).test(value)) {
    errors.push(invalid(at, value, `${at} in body should match '${s.pattern}'`));
  }
  const format = s.format === undefined ? undefined : formats[s.format];
  if (format && !format(value)) errors.push(typeInvalid(at, value, `${at} in body must be of type ${s.format}: ${JSON.stringify(value)}`));
  return errors;
}

function checkNumber(value: number, s: JsonSchema, at: At): FieldError[] {
  const errors: FieldError[] = [];
  const fail = (why: string): number => errors.push(invalid(at, value, `${at} in body should be ${why}`));
  if (s.maximum !== undefined && (s.exclusiveMaximum ? value >= s.maximum : value > s.maximum)) {
    fail(`less than ${s.exclusiveMaximum ? '' : 'or equal to '}${s.maximum}`);
  }
  if (s.minimum !== undefined && (s.exclusiveMinimum ? value <= s.minimum : value < s.minimum)) {
    fail(`greater than ${s.exclusiveMinimum ? '' : 'or equal to '}${s.minimum}`);
  }
  if (s.multipleOf && Math.abs(value / s.multipleOf - Math.round(value / s.multipleOf)) > 1e-9) fail(`a multiple of ${s.multipleOf}`);
  if (s.format === 'int32' && (value < -(2 ** 31) || value >= 2 ** 31)) {
    errors.push(invalid(at, value, `Checked value must be of type integer with format int32, but ${value} is not`));
  }
  return errors;
}

const keyOf = (item: unknown, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.filter((k) => isObject(item) && item[k] !== undefined).map((k) => [k, (item as Record<string, unknown>)[k]]));

function checkUnique(items: unknown[], s: JsonSchema, at: At): FieldError[] {
  const type = s['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = s['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const value = type === 'set' ? item : keyOf(item, keys);
    const text = JSON.stringify(value);
    if (seen.has(text)) return [duplicate(`${at}[${i}]`, value)];
    seen.add(text);
    return [];
  });
}

function checkList(items: unknown[], s: JsonSchema, at: At, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  if (s.maxItems !== undefined && items.length > s.maxItems) errors.push(tooMany(at, items.length, s.maxItems));
  if (s.minItems !== undefined && items.length < s.minItems) {
    errors.push(invalid(at, items.length, `${at} in body should have at least ${s.minItems} items`));
  }
  const keys = s['x-kubernetes-list-type'] === 'map' ? (s['x-kubernetes-list-map-keys'] ?? []) : [];
  const before = (item: unknown): unknown =>
    keys.length && Array.isArray(old) ? old.find((o) => isDeepStrictEqual(keyOf(o, keys), keyOf(item, keys))) : undefined;
  items.forEach((item, i) => errors.push(...validateValue(s.items ?? {}, item, `${at}[${i}]`, before(item))));
  return [...errors, ...checkUnique(items, s, at)];
}

function checkObject(object: Record<string, unknown>, s: JsonSchema, at: At, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const count = Object.keys(object).length;
  if (s.maxProperties !== undefined && count > s.maxProperties) errors.push(tooMany(at, count, s.maxProperties));
  if (s.minProperties !== undefined && count < s.minProperties) {
    errors.push(invalid(at, count, `${at} in body should have at least ${s.minProperties} properties`));
  }
  const before = isObject(old) ? old : {};
  for (const name of s.required ?? []) if (object[name] === undefined) errors.push(required(below(at, name)));
  for (const [name, property] of Object.entries(s.properties ?? {})) {
    if (object[name] !== undefined) errors.push(...validateValue(property, object[name], below(at, name), before[name]));
  }
  if (isObject(s.additionalProperties)) {
    for (const name of Object.keys(object)) {
      if (s.properties?.[name]) continue;
      errors.push(...validateValue(s.additionalProperties, object[name], below(at, name), before[name]));
    }
  }
  return errors;
}

const composed = (at: At, why: string): FieldError => invalid(NOWHERE, '', `${JSON.stringify(at)} ${why}`);

function checkComposition(value: unknown, s: JsonSchema, at: At): FieldError[] {
  const errors: FieldError[] = [];
  const results = (schemas: JsonSchema[] | undefined): FieldError[][] => (schemas ?? []).map((each) => validateValue(each, value, at, undefined));
  const any = results(s.anyOf);
  if (any.length && any.every((r) => r.length)) {
    errors.push(composed(at, 'must validate at least one schema (anyOf)'), ...(any[0] as FieldError[]));
  }
  const one = results(s.oneOf);
  const good = one.filter((r) => r.length === 0).length;
  if (one.length && good !== 1) {
    const found = good === 0 ? 'Found none valid' : `Found ${good} valid alternatives`;
    errors.push(composed(at, `must validate one and only one schema (oneOf). ${found}`), ...(good === 0 ? (one[0] as FieldError[]) : []));
  }
  const all = results(s.allOf);
  if (all.some((r) => r.length)) {
    const none = all.every((r) => r.length) ? '. None validated' : '';
    errors.push(...all.flat(), composed(at, `must validate all the schemas (allOf)${none}`));
  }
  if (s.not && validateValue(s.not, value, at, undefined).length === 0) errors.push(composed(at, 'must not validate the schema (not)'));
  return errors;
}

function checkEnum(value: unknown, s: JsonSchema, at: At): FieldError[] {
  if (!s.enum || s.enum.some((choice) => isDeepStrictEqual(choice, value))) return [];
  const choices = s.enum.map((v) => JSON.stringify(typeof v === 'string' ? v : JSON.stringify(v))).join(', ');
  return [{ type: 'FieldValueNotSupported', field: at, body: `Unsupported value: ${showValue(value)}: supported values: ${choices}` }];
}

/**
 * A value against a structural schema, with the words of the API server. What did not change since `old` is good
 * whatever the schema says now (KEP-4008, validation ratcheting).
 */
export function validateValue(schema: JsonSchema, value: unknown, at: At, old: unknown): FieldError[] {
  if (old !== undefined && isDeepStrictEqual(value, old)) return [];
  if (!hasType(value, schema)) {
    const actual = typeName(value);
    const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type;
    return [typeInvalid(at, actual, `${at} in body must be of type ${wanted}: ${JSON.stringify(actual)}`)];
  }
  if (value === null) return [];
  const errors = [...checkComposition(value, schema, at), ...checkEnum(value, schema, at)];
  if (typeof value === 'string') errors.push(...checkString(value, schema, at));
  else if (typeof value === 'number') errors.push(...checkNumber(value, schema, at));
  else if (Array.isArray(value)) errors.push(...checkList(value, schema, at, old));
  else if (isObject(value)) errors.push(...checkObject(value, schema, at, old));
  return errors;
}
