import { stringifyExact } from '../../go/json-numbers.ts';
import { isDeepStrictEqual } from 'node:util';
import { invalid, required, showValue, tooLong, tooMany, typeInvalid, type FieldError } from '../../meta/field.ts';
import { formatCheck } from './formats.ts';
import { isObject, type JsonSchema } from './json-schema.ts';
import { printFloat } from '../../go/print-float.ts';
import { checkPattern } from './check-pattern.ts';

/** Where a value is: as text, since the API server's messages repeat it. '' is the root. */
type At = string;
const below = (at: At, key: string): At => (at ? `${at}.${key}` : key);
/** Errors of composition have no place of their own. */
const NOWHERE = '<nil>';

/** A whole number that is written with a point or an exponent is an integer as long as a double tells it from its neighbours. */
const typeName = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? Number.isSafeInteger(value)
          ? 'integer'
          : 'number'
        : typeof value === 'bigint'
          ? 'integer'
          : typeof value;

/** The format that kube-openapi takes a value to have. */
const FORMATS: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' };

function checkType(value: unknown, schema: JsonSchema, at: At): FieldError[] {
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const type = schema.type ?? (intOrString ? 'integer,string' : undefined);
  const actual = typeName(value);
  const wrong = (wanted: string, is: string): FieldError[] => [
    typeInvalid(at, is, `${at} in body must be of type ${wanted}: ${JSON.stringify(is)}`),
  ];
  if (value === null) return type === undefined || schema.nullable === true ? [] : wrong(type, actual);
  if (intOrString && (actual === 'integer' || actual === 'string')) return [];
  if (actual === type || (type === 'number' && actual === 'integer')) return [];
  // kube-openapi leaves lists and texts to the format, which looks at texts alone, and speaks of others by their formats
  if (schema.format && formatCheck(schema.format))
    return actual === 'array' || actual === 'string' ? [] : wrong(schema.format, FORMATS[actual] ?? '');
  return type === undefined ? [] : wrong(type, actual);
}

/** A text that is too long or too short is not looked at further, but for its format. */
function checkText(value: string, s: JsonSchema, at: At): FieldError[] {
  const length = [...value].length;
  if (s.maxLength !== undefined && length > s.maxLength) return [tooLong(at, s.maxLength)];
  if (s.minLength !== undefined && length < s.minLength)
    return [invalid(at, value, `${at} in body should be at least ${s.minLength} chars long`)];
  return s.pattern === undefined ? [] : checkPattern(value, s.pattern, at);
}

function checkString(value: string, s: JsonSchema, at: At): FieldError[] {
  const errors = checkText(value, s, at);
  const format = formatCheck(s.format);
  if (format && !format(value))
    errors.push(typeInvalid(at, value, `${at} in body must be of type ${s.format}: ${JSON.stringify(value)}`));
  return errors;
}

/** Bounds of whole numbers are cut to whole numbers, others are printed as Go prints floats. */
function checkNumber(number: number | bigint, s: JsonSchema, at: At): FieldError[] {
  const value = Number(number);
  const whole = typeName(number) === 'integer' && s.type !== 'number';
  const show = (bound: number): string => (whole ? String(Math.trunc(bound)) : printFloat(bound));
  const errors: FieldError[] = [];
  const fail = (why: string): number =>
    errors.push({
      type: 'FieldValueInvalid',
      field: at,
      body: `Invalid value: ${whole ? number : printFloat(value)}: ${at} in body should be ${why}`,
    });
  if (s.multipleOf && Math.abs(value / s.multipleOf - Math.round(value / s.multipleOf)) > 1e-9)
    fail(`a multiple of ${show(s.multipleOf)}`);
  if (s.minimum !== undefined && (s.exclusiveMinimum ? value <= s.minimum : value < s.minimum)) {
    fail(`greater than ${s.exclusiveMinimum ? '' : 'or equal to '}${show(s.minimum)}`);
  }
  if (s.maximum !== undefined && (s.exclusiveMaximum ? value >= s.maximum : value > s.maximum)) {
    fail(`less than ${s.exclusiveMaximum ? '' : 'or equal to '}${show(s.maximum)}`);
  }
  return errors;
}

export const keyOf = (item: unknown, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    keys.filter((k) => isObject(item) && item[k] !== undefined).map((k) => [k, (item as Record<string, unknown>)[k]]),
  );

/** Items by the text of their keys; the first of equal ones. */
function itemsByKey(items: readonly unknown[], keys: readonly string[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const item of items) {
    const key = stringifyExact(keyOf(item, keys));
    if (!found.has(key)) found.set(key, item);
  }
  return found;
}

function checkList(items: unknown[], s: JsonSchema, at: At, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  if (s.maxItems !== undefined && items.length > s.maxItems) errors.push(tooMany(at, items.length, s.maxItems));
  if (s.minItems !== undefined && items.length < s.minItems) {
    errors.push(invalid(at, items.length, `${at} in body should have at least ${s.minItems} items`));
  }
  const { items: schema } = s;
  if (!schema) return errors;
  const keys = s['x-kubernetes-list-type'] === 'map' ? (s['x-kubernetes-list-map-keys'] ?? []) : [];
  const before = keys.length && Array.isArray(old) ? itemsByKey(old, keys) : undefined;
  items.forEach((item, i) => {
    const same = before?.get(stringifyExact(keyOf(item, keys)));
    errors.push(...validateValue(schema, item, `${at}[${i}]`, same));
  });
  return errors;
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
    if (object[name] !== undefined)
      errors.push(...validateValue(property, object[name], below(at, name), before[name]));
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

/** Of schemas that all fail, the one whose failures are told: the one that looked at most, the first of equals. */
function best(results: readonly Result[]): FieldError[] {
  let found: Result | undefined;
  for (const result of results) if (!found || result.looked > found.looked) found = result;
  return found ? found.errors : [];
}

function checkComposition(value: unknown, s: JsonSchema, at: At): FieldError[] {
  const errors: FieldError[] = [];
  const results = (schemas: JsonSchema[] | undefined): Result[] =>
    (schemas ?? []).map((each) => ({
      errors: validateValue(each, value, at, undefined),
      looked: looksAt(each, value),
    }));
  const fails = (r: Result): boolean => r.errors.length > 0;
  const any = results(s.anyOf);
  if (any.length && any.every(fails))
    errors.push(composed(at, 'must validate at least one schema (anyOf)'), ...best(any));
  const one = results(s.oneOf);
  const good = one.filter((r) => !fails(r)).length;
  if (one.length && good !== 1) {
    const found = good === 0 ? 'Found none valid' : `Found ${good} valid alternatives`;
    errors.push(
      composed(at, `must validate one and only one schema (oneOf). ${found}`),
      ...(good === 0 ? best(one) : []),
    );
  }
  const all = results(s.allOf);
  if (all.some(fails)) {
    const none = all.every(fails) ? '. None validated' : '';
    errors.push(...all.flatMap((r) => r.errors), composed(at, `must validate all the schemas (allOf)${none}`));
  }
  if (s.not && validateValue(s.not, value, at, undefined).length === 0)
    errors.push(composed(at, 'must not validate the schema (not)'));
  return errors;
}

interface Result {
  errors: FieldError[];
  /** how many validators looked at the value */
  looked: number;
}

/** How much of a value a schema looks at, as kube-openapi counts it: what each kind of value has, and what is in it. */
function looksAt(s: JsonSchema, value: unknown): number {
  let count = 3 + (s.type ? 1 : 0);
  if (isObject(value)) {
    count++;
    for (const [name, property] of Object.entries(s.properties ?? {}))
      if (value[name] !== undefined) count += looksAt(property, value[name]);
  } else if (Array.isArray(value)) {
    count++;
    if (s.items) for (const item of value) count += looksAt(s.items, item);
  } else if (typeof value === 'string') count += formatCheck(s.format) ? 2 : 1;
  else if (typeof value === 'number' || typeof value === 'bigint') count++;
  for (const each of [...(s.allOf ?? []), ...(s.anyOf ?? []), ...(s.oneOf ?? [])]) count += looksAt(each, value);
  return count;
}

/** The choices of an enum, to be asked for in one step, and as they are told. */
interface Choices {
  plain: ReadonlySet<unknown>;
  structures: readonly unknown[];
  shown: string;
}
const choicesOf = new WeakMap<readonly unknown[], Choices>();
function choices(of: readonly unknown[]): Choices {
  let found = choicesOf.get(of);
  if (!found) {
    found = {
      plain: new Set(of),
      structures: of.filter((choice) => typeof choice === 'object' && choice !== null),
      shown: of.map((v) => JSON.stringify(typeof v === 'string' ? v : stringifyExact(v))).join(', '),
    };
    choicesOf.set(of, found);
  }
  return found;
}

function checkEnum(value: unknown, s: JsonSchema, at: At): FieldError[] {
  if (!s.enum?.length) return [];
  const { plain, structures, shown } = choices(s.enum);
  if (value !== null && (plain.has(value) || structures.some((choice) => isDeepStrictEqual(choice, value)))) return [];
  return [
    {
      type: 'FieldValueNotSupported',
      field: at,
      get body() {
        return `Unsupported value: ${showValue(value)}: supported values: ${shown}`;
      },
    },
  ];
}

/**
 * A value against a structural schema, with the words of the API server. What did not change since `old` is good
 * whatever the schema says now (KEP-4008, validation ratcheting).
 */
export function validateValue(schema: JsonSchema, value: unknown, at: At, old: unknown): FieldError[] {
  if (old !== undefined && isDeepStrictEqual(value, old)) return [];
  const errors = checkType(value, schema, at);
  if (value === null) return [...errors, ...checkEnum(value, schema, at)];
  errors.push(...checkComposition(value, schema, at), ...checkEnum(value, schema, at));
  if (typeof value === 'string') errors.push(...checkString(value, schema, at));
  else if (typeof value === 'number' || typeof value === 'bigint') errors.push(...checkNumber(value, schema, at));
  else if (Array.isArray(value)) errors.push(...checkList(value, schema, at, old));
  else if (isObject(value)) errors.push(...checkObject(value, schema, at, old));
  return errors;
}
