import { isDeepStrictEqual } from 'node:util';
import { CelError, Optional, type Value } from '../../cel/values.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '../../meta/field.ts';
import type { Steps } from '../../meta/steps.ts';
import { compileRule, ruleScope } from '../cel/check-rule.ts';
import { CALL_LIMIT, REQUEST_BUDGET } from '../cel/limits.ts';
import { ruleValue } from '../cel/rule-value.ts';
import { findFieldPath } from './definition/field-path.ts';
import { isObject, type JsonSchema, type ValidationRule } from './json-schema.ts';
import { ruleMessage, toldOf } from './rule-message.ts';

/**
 * x-kubernetes-validations (KEP-2876): CEL rules on `self`, and on `oldSelf` where the value was there before. All rules
 * on an object have one budget; where it is spent, no rule runs any more.
 */
type At = string;
const childOf = (at: At, key: string): At => (at ? `${at}.${key}` : key);

/** Does any part of a schema have rules? Most have none, and then nothing is walked. */
const ruled = new WeakMap<JsonSchema, boolean>();
export function hasRules(schema: JsonSchema): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const { items, additionalProperties, properties } = schema;
  const found =
    Boolean(schema['x-kubernetes-validations']?.length) ||
    (items !== undefined && hasRules(items)) ||
    (isObject(additionalProperties) && hasRules(additionalProperties as JsonSchema)) ||
    Object.values(properties ?? {}).some(hasRules);
  ruled.set(schema, found);
  return found;
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

/** A part of an object: as it is stored, as rules see it, and what both were before. */
interface Part {
  value: unknown;
  self: unknown;
  /** undefined where there was none or none can be told */
  old: unknown;
  oldSelf: unknown;
  /** did nothing change here, or in the nearest part above that can be compared? Asked only where a rule does not hold */
  same(): boolean;
}

/** Where an error of a rule is told, and from which schema its value is. */
function placeOf(rule: ValidationRule, schema: JsonSchema, at: At): At {
  if (!rule.fieldPath) return at;
  try {
    return childOf(at, findFieldPath(rule.fieldPath, schema).path);
  } catch {
    return at;
  }
}

/** Why a rule could not say true or false. */
function failure(at: At, schema: JsonSchema, rule: ValidationRule, why: string): FieldError {
  const told = toldOf(rule);
  const text = why.startsWith('no such overload')
    ? `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`
    : `${why} evaluating rule: ${told}`;
  return invalid(at, schema.type ?? '', text);
}
const SPENT = 'validation failed due to running out of cost budget, no further validation rules will be run';

class Rules {
  readonly errors: FieldError[] = [];
  private budget = REQUEST_BUDGET;
  constructor(private readonly warn: (text: string) => void) {}

  /** False where nothing runs any more. */
  private stop(error: FieldError): false {
    this.errors.push(error);
    this.budget = -1;
    return false;
  }

  private *check(rule: ValidationRule, schema: JsonSchema, whole: boolean, at: At, part: Part): Steps<boolean> {
    const scope = ruleScope(schema, whole);
    if (!scope) return true;
    const shown = schema.type ?? '';
    const compiled = yield* compileRule(rule.rule, scope, 'bool', rule.optionalOldSelf === true);
    if ('error' in compiled) {
      this.errors.push(invalid(at, shown, `rule compile error: ${compiled.error}`));
      return true;
    }
    const { program } = compiled;
    const transition = program.uses.has('oldSelf');
    if (transition && part.old === undefined && !rule.optionalOldSelf) return true;
    const variables = variablesOf(rule, part);
    const { value, cost, exceeded } = program.run(variables, CALL_LIMIT);
    if (cost > this.budget) return this.stop(invalid(at, shown, SPENT));
    this.budget -= cost;
    if (exceeded) {
      const why = `'${(value as CelError).message}': no further validation rules will be run due to call cost exceeds limit for rule: `;
      return this.stop(invalid(at, shown, why + toldOf(rule)));
    }
    if (value instanceof CelError) {
      this.errors.push(failure(at, schema, rule, value.message));
      return true;
    }
    if (value === true) return true;
    const place = placeOf(rule, schema, at);
    const message = yield* ruleMessage(rule, scope, variables, this.budget);
    this.budget -= message.cost;
    const error = message.fatal
      ? invalid(place, shown, message.text)
      : ruleError(rule.reason, place, schema, part.value, message.text);
    // what was wrong before may stay so (KEP-4008)
    if (transition || !part.same()) this.errors.push(error);
    else this.warn(`${error.field || '<nil>'}: ${error.body}`);
    if (message.fatal) this.budget = -1;
    return !message.fatal;
  }

  /** Gives way after each rule. False: nothing runs any more */
  *walk(schema: JsonSchema, at: At, part: Part, whole: boolean): Generator<void, boolean> {
    const { value } = part;
    if (value === null || value === undefined || !hasRules(schema)) return true;
    const own = schema['x-kubernetes-validations'] ?? [];
    if (own.length && this.budget <= 0) return this.stop(invalid(at, schema.type ?? '', SPENT));
    const embedded = whole || schema['x-kubernetes-embedded-resource'] === true;
    for (const rule of own) {
      if (!(yield* this.check(rule, schema, embedded, at, part))) return false;
      yield;
    }
    if (Array.isArray(value)) return yield* this.items(schema, at, part, value);
    return isObject(value) ? yield* this.fields(schema, at, part, value) : true;
  }

  private *items(schema: JsonSchema, at: At, part: Part, list: readonly unknown[]): Generator<void, boolean> {
    const { items } = schema;
    if (!items || !hasRules(items)) return true;
    const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    const before = keys.length && Array.isArray(part.old) ? byKeys(part.old, keys) : undefined;
    for (const [i, item] of list.entries()) {
      const was = before?.get(keyOf(item, keys));
      const old = was === undefined ? undefined : (part.old as unknown[])[was];
      const oldSelf = was === undefined ? undefined : (part.oldSelf as unknown[])[was];
      const next = inside(part, item, (part.self as unknown[])[i], old, oldSelf);
      if (!(yield* this.walk(items, `${at}[${i}]`, next, false))) return false;
    }
    return true;
  }

  private *fields(schema: JsonSchema, at: At, part: Part, object: Record<string, unknown>): Generator<void, boolean> {
    const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;
    const [old, oldSelf] = [part.old, part.oldSelf].map((side) => (isObject(side) ? side : undefined));
    const self = part.self as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      const property = schema.properties?.[key];
      const next = property ?? more;
      if (!next || !hasRules(next)) continue;
      const here = property ? childOf(at, key) : `${at}[${key}]`;
      const below = inside(part, object[key], self[key], old?.[key], oldSelf?.[key]);
      if (!(yield* this.walk(next, here, below, false))) return false;
    }
    return true;
  }
}

function variablesOf(rule: ValidationRule, { self, old, oldSelf }: Part): Record<string, unknown> {
  const before = old === undefined || old === null ? undefined : oldSelf;
  if (!rule.optionalOldSelf) return before === undefined ? { self } : { self, oldSelf: before };
  return { self, oldSelf: before === undefined ? Optional.none : Optional.of(before as Value) };
}

const keyOf = (item: unknown, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (isObject(item) ? (item[key] ?? null) : null)));
/** The places of the items of a list by their keys. */
const byKeys = (list: readonly unknown[], keys: readonly string[]): Map<string, number> =>
  new Map(list.map((item, i) => [keyOf(item, keys), i]));

/** What held for a part of the value: compared with what it was, or, where that cannot be told, as the whole. */
const inside = ({ same }: Part, value: unknown, self: unknown, old: unknown, oldSelf: unknown): Part => ({
  value,
  self,
  old,
  oldSelf,
  same: old === undefined ? same : () => isDeepStrictEqual(value, old),
});

/** All rules of a schema and of what is in it, a rule at a time. `old` undefined: there was no such value. */
export function* validateRules(
  schema: JsonSchema,
  value: unknown,
  old: unknown,
  warn: (text: string) => void,
): Generator<void, FieldError[]> {
  const rules = new Rules(warn);
  const same = (): boolean => old !== undefined && isDeepStrictEqual(value, old);
  const part: Part = { value, self: ruleValue(schema, value), old, oldSelf: ruleValue(schema, old), same };
  yield* rules.walk(schema, '', part, true);
  return rules.errors;
}
