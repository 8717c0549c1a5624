import { isDeepStrictEqual } from 'node:util';
import { duplicate, forbidden, invalid, required, type FieldError } from '../../meta/field.ts';
import { celMessage, celName, celValue, compileCel } from '../cel.ts';
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

/** JSON as a rule sees it: properties have their CEL names, numbers the type of the schema. */
function ruleValue(schema: JsonSchema, value: unknown): unknown {
  if (typeof value === 'number') return schema.type === 'number' ? value : celValue(value);
  if (Array.isArray(value)) return value.map((item) => ruleValue(schema.items ?? {}, item));
  if (!isObject(value)) return value;
  const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : {};
  const named = schema.properties !== undefined || schema['x-kubernetes-embedded-resource'] === true;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [named ? celName(key) : key, ruleValue(schema.properties?.[key] ?? more, item)]),
  );
}

const REASONS: Readonly<Record<string, (at: At, value: unknown, why: string) => FieldError>> = {
  FieldValueForbidden: (at, _, why) => forbidden(at, why),
  FieldValueRequired: (at, _, why) => required(at, why),
  FieldValueDuplicate: (at, value) => duplicate(at, value),
};

function messageOf(rule: ValidationRule, variables: Record<string, unknown>): string {
  if (rule.messageExpression) {
    try {
      const text: unknown = compileCel(rule.messageExpression)(variables);
      if (typeof text === 'string' && text.trim() && !text.includes('\n')) return text;
    } catch {
      // a message that cannot be made falls back to the fixed one
    }
  }
  return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
}

const isTransition = (rule: ValidationRule): boolean => /\boldSelf\b/.test(rule.rule);

function checkRule(rule: ValidationRule, schema: JsonSchema, value: unknown, at: At, old: unknown): FieldError[] {
  if (isTransition(rule) && old === undefined && !rule.optionalOldSelf) return [];
  const shown = schema.type === 'object' || schema.type === 'array' ? schema.type : value;
  const self = ruleValue(schema, value);
  const variables: Record<string, unknown> = { self };
  if (old !== undefined) variables['oldSelf'] = rule.optionalOldSelf ? optional(ruleValue(schema, old)) : ruleValue(schema, old);
  else if (rule.optionalOldSelf) variables['oldSelf'] = optional(undefined);
  try {
    if (compileCel(rule.rule)(variables) === true) return [];
  } catch (error) {
    return [invalid(at, shown, `${celMessage(error)} evaluating rule: ${rule.message?.trim() || rule.rule}`)];
  }
  const place = rule.fieldPath ? `${at}${rule.fieldPath}`.replace(/^\./, '') : at;
  const why = messageOf(rule, variables);
  return [(REASONS[rule.reason ?? ''] ?? invalid)(place, shown, why)];
}

const optional = (value: unknown): unknown =>
  value === undefined ? compileCel('optional.none()')({}) : compileCel('optional.of(x)')({ x: value });

/** All rules of a schema and of what is in it. `old` undefined: there was no such value. */
export function validateRules(schema: JsonSchema, value: unknown, at: At, old: unknown): FieldError[] {
  if (value === null || value === undefined) return [];
  const unchanged = old !== undefined && isDeepStrictEqual(value, old);
  const errors = (schema['x-kubernetes-validations'] ?? [])
    // ratcheting: an unchanged value is only held to its transition rules
    .filter((rule) => !unchanged || isTransition(rule))
    .flatMap((rule) => checkRule(rule, schema, value, at, old));
  if (Array.isArray(value) && schema.items) {
    const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    const same = (a: unknown, b: unknown): boolean => isObject(a) && isObject(b) && keys.every((k) => isDeepStrictEqual(a[k], b[k]));
    value.forEach((item, i) => {
      const before = keys.length && Array.isArray(old) ? old.find((o) => same(o, item)) : undefined;
      errors.push(...validateRules(schema.items as JsonSchema, item, `${at}[${i}]`, before));
    });
  } else if (isObject(value)) {
    const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;
    for (const key of Object.keys(value)) {
      const property = schema.properties?.[key] ?? more;
      if (property) errors.push(...validateRules(property, value[key], below(at, key), isObject(old) ? old[key] : undefined));
    }
  }
  return errors;
}
