import { duplicate, invalid, type FieldError } from '../../meta/field.ts';
import { stringifyExact } from '../../go/json-numbers.ts';
import { isObject, type JsonSchema } from './json-schema.ts';
import { keyOf } from './validate-schema.ts';

/** JSON in which the order of keys is none. */
const canonical = (value: unknown): string => stringifyExact(inOrder(value));
const inOrder = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(inOrder)
    : isObject(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, inOrder(item)]),
        )
      : value;

function validateUnique(items: readonly unknown[], s: JsonSchema, at: string): FieldError[] {
  const type = s['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const odd = type === 'map' ? items.findIndex((item) => item !== null && !isObject(item)) : -1;
  if (odd >= 0) return [invalid(`${at}[${odd}]`, items[odd], 'must be an object for an array of list-type map')];
  const keys = s['x-kubernetes-list-map-keys'] ?? [];
  // keys that an item leaves out have the value of their default
  const defaults = Object.fromEntries(
    keys
      .filter((k) => s.items?.properties?.[k]?.default !== undefined)
      .map((k) => [k, s.items?.properties?.[k]?.default]),
  );
  const seen = new Map<string, number>();
  return items.flatMap((item, i) => {
    const value = type === 'set' ? item : keyOf(item && { ...defaults, ...item }, keys);
    const text = canonical(value);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    // each value is told of once
    return times === 2 ? [duplicate(`${at}[${i}]`, type === 'map' ? inOrder(value) : value)] : [];
  });
}

/** Lists of type set and map have no two equal items. */
export function validateLists(schema: JsonSchema, value: unknown, at: string): FieldError[] {
  if (Array.isArray(value)) {
    const below = schema.items
      ? value.flatMap((item, i) => validateLists(schema.items as JsonSchema, item, `${at}[${i}]`))
      : [];
    return [...validateUnique(value, schema, at), ...below];
  }
  if (!isObject(value)) return [];
  const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;
  return Object.keys(value).flatMap((key) => {
    const property = schema.properties?.[key] ?? more;
    if (!property) return [];
    const here = schema.properties?.[key] ? (at ? `${at}.${key}` : key) : `${at}[${key}]`;
    return validateLists(property, value[key], here);
  });
}

/** Is there a list whose items have to differ? Most schemas have none, and then nothing is walked. */
export function hasUniqueLists(schema: JsonSchema): boolean {
  if (schema['x-kubernetes-list-type'] === 'set' || schema['x-kubernetes-list-type'] === 'map') return true;
  const { items, additionalProperties, properties } = schema;
  return (
    (items !== undefined && hasUniqueLists(items)) ||
    (isObject(additionalProperties) && hasUniqueLists(additionalProperties as JsonSchema)) ||
    Object.values(properties ?? {}).some(hasUniqueLists)
  );
}
