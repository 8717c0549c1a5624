import { isDeepStrictEqual } from 'node:util';
import { duplicate, forbidden, invalid, required, type FieldError } from '../../meta/field.ts';
import { isTime } from '../../meta/time.ts';
import { celMessage, celName, celValue, compileCel } from '../cel.ts';
import { findFieldPath } from './definition/field-path.ts';
import { isObject, type JsonSchema, type ValidationRule } from './json-schema.ts';

/**
 * x-kubernetes-validations (KEP-2876): CEL rules on `self`, and on `oldSelf` where the value was there before.
 */
type At = string;
const below = (at: At, key: string): At => (at ? `${at}.${key}` : key);

/** Does any part of a schema have rules? Most have none, and then nothing is walked. */
export function hasRules(schema: JsonSchema): boolean {
  if (schema['x-kubernetes-validations']?.length) return true;
  const { items, additionalProperties, properties } = schema;
  return (
    (items !== undefined && hasRules(items)) ||
    (isObject(additionalProperties) && hasRules(additionalProperties as JsonSchema)) ||
    Object.values(properties ?? {}).some(hasRules)
  );
}

/** Strings of these formats are no strings to a rule. */
function formatted(format: string | undefined, text: string): unknown {
  try {
    switch (format) {
      case 'date-time':
        return isTime(text) ? compileCel('timestamp(x)')({ x: text }) : text;
      case 'date':
        return compileCel('timestamp(x)')({ x: `${text}T00:00:00Z` });
      case 'duration':
        return compileCel('duration(x)')({ x: text });
      case 'byte':
        return Buffer.from(text, 'base64');
      default:
        return text;
    }
  } catch {
    return text;
  }
}

/** JSON as a rule sees it: properties have their CEL names, numbers the type of the schema. */
function ruleValue(schema: JsonSchema, value: unknown): unknown {
  if (typeof value === 'number') return schema.type === 'number' ? value : celValue(value);
  if (typeof value === 'string') return schema.format === undefined ? value : formatted(schema.format, value);
  if (Array.isArray(value)) return value.map((item) => ruleValue(schema.items ?? {}, item));
  if (!isObject(value)) return value;
  const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : {};
  const named = schema.properties !== undefined || schema['x-kubernetes-embedded-resource'] === true;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      named ? celName(key) : key,
      ruleValue(schema.properties?.[key] ?? more, item),
    ]),
  );
}

/** A list or an object is too much to be told again. */
function ruleError(reason: string | undefined, at: At, schema: JsonSchema, value: unknown, why: string): FieldError {
  const omitted = schema.type === 'object' || schema.type === 'array';
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(at, why);
    case 'FieldValueRequired':
      return required(at, why);
    case 'FieldValueDuplicate':
      return omitted ? { type: 'FieldValueDuplicate', field: at, body: 'Duplicate value' } : duplicate(at, value);
    default:
      return omitted
        ? { type: 'FieldValueInvalid', field: at, body: `Invalid value: ${why}` }
        : invalid(at, value, why);
  }
}

const MAX_MESSAGE = 5 * 1024;

function messageOf(rule: ValidationRule, variables: Record<string, unknown>): string {
  if (rule.messageExpression) {
    try {
      const text: unknown = compileCel(rule.messageExpression)(variables);
      if (typeof text === 'string' && text.trim() && !text.includes('\n') && text.length <= MAX_MESSAGE)
        return text.trim();
    } catch {
      // a message that cannot be made falls back to the fixed one
    }
  }
  return rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`;
}

const usesOldSelf = (rule: ValidationRule): boolean => /\boldSelf\b/.test(rule.rule);

interface RuleContext {
  /** of the same value before; undefined where there was none or none can be told */
  old: unknown;
  /** nothing changed here or in the nearest part above that can be compared */
  same: boolean;
  warn(text: string): void;
}

/** Where an error of a rule is told, and from which schema its value is. */
function placeOf(rule: ValidationRule, schema: JsonSchema, at: At): At {
  if (!rule.fieldPath) return at;
  try {
    return below(at, findFieldPath(rule.fieldPath, schema).path);
  } catch {
    return at;
  }
}

function checkRule(
  rule: ValidationRule,
  schema: JsonSchema,
  value: unknown,
  at: At,
  { old, same, warn }: RuleContext,
): FieldError[] {
  const transition = usesOldSelf(rule);
  if (transition && old === undefined && !rule.optionalOldSelf) return [];
  const shown = schema.type ?? '';
  const variables: Record<string, unknown> = { self: ruleValue(schema, value) };
  if (old !== undefined)
    variables['oldSelf'] = rule.optionalOldSelf ? optional(ruleValue(schema, old)) : ruleValue(schema, old);
  else if (rule.optionalOldSelf) variables['oldSelf'] = optional(undefined);
  try {
    if (compileCel(rule.rule)(variables) === true) return [];
  } catch (error) {
    const why = celMessage(error);
    const told = rule.message ? rule.message.trim() : rule.rule.trim();
    if (!why.startsWith('no such overload')) return [invalid(at, shown, `${why} evaluating rule: ${told}`)];
    return [
      invalid(
        at,
        shown,
        `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`,
      ),
    ];
  }
  const error = ruleError(rule.reason, placeOf(rule, schema, at), schema, value, messageOf(rule, variables));
  // what was wrong before may stay so (KEP-4008)
  if (transition || !same) return [error];
  warn(`${error.field || '<nil>'}: ${error.body}`);
  return [];
}

const optional = (value: unknown): unknown =>
  value === undefined ? compileCel('optional.none()')({}) : compileCel('optional.of(x)')({ x: value });

/** What held for a part of the value: compared with what it was, or, where that cannot be told, as the whole. */
const inside = (context: RuleContext, item: unknown, old: unknown): RuleContext => ({
  ...context,
  old,
  same: old === undefined ? context.same : isDeepStrictEqual(item, old),
});

/** All rules of a schema and of what is in it. `old` undefined: there was no such value. */
export function validateRules(
  schema: JsonSchema,
  value: unknown,
  at: At,
  old: unknown,
  warn: (text: string) => void,
): FieldError[] {
  return walkRules(schema, value, at, { old, warn, same: old !== undefined && isDeepStrictEqual(value, old) });
}

function walkRules(schema: JsonSchema, value: unknown, at: At, context: RuleContext): FieldError[] {
  if (value === null || value === undefined) return [];
  const { old } = context;
  const errors = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) =>
    checkRule(rule, schema, value, at, context),
  );
  if (Array.isArray(value) && schema.items) {
    const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    const alike = (a: unknown, b: unknown): boolean =>
      isObject(a) && isObject(b) && keys.every((k) => isDeepStrictEqual(a[k], b[k]));
    value.forEach((item, i) => {
      const before = keys.length && Array.isArray(old) ? old.find((o) => alike(o, item)) : undefined;
      errors.push(...walkRules(schema.items as JsonSchema, item, `${at}[${i}]`, inside(context, item, before)));
    });
  } else if (isObject(value)) {
    const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;
    const compared = isObject(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined;
    for (const key of Object.keys(value)) {
      const property = schema.properties?.[key];
      if (property)
        errors.push(...walkRules(property, value[key], below(at, key), inside(context, value[key], compared?.[key])));
      else if (more)
        errors.push(...walkRules(more, value[key], `${at}[${key}]`, inside(context, value[key], compared?.[key])));
    }
  }
  return errors;
}
