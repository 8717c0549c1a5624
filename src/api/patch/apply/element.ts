import { parseExact, stringifyExact } from '../../../go/json-numbers.ts';
import type { ListSchema, ObjectSchema } from '../../../kinds/schema.ts';
import { isPlain, own } from '../plain.ts';

interface KnownField {
  element: string;
  schema: ObjectSchema['fields'] extends Map<string, infer F> ? (F extends { schema: infer S } ? S : never) : never;
}

const known = new WeakMap<ObjectSchema, Map<string, KnownField>>();

/** The declared fields of a struct with their path elements, which are so made once and not at each comparison. */
export function fieldElements(schema: ObjectSchema): Map<string, KnownField> {
  let fields = known.get(schema);
  if (!fields) {
    fields = new Map();
    for (const field of schema.fields.values())
      fields.set(field.name, { element: `f:${field.name}`, schema: field.schema });
    known.set(schema, fields);
  }
  return fields;
}

const keyPrefixes = new WeakMap<ListSchema, { name: string; prefix: string; fallback: unknown }[]>();

function keysOf(list: ListSchema): { name: string; prefix: string; fallback: unknown }[] {
  let keys = keyPrefixes.get(list);
  if (!keys) {
    const fields = list.item.type === 'object' ? list.item.fields : undefined;
    keys = [...list.keys].sort().map((name) => ({
      name,
      prefix: `${JSON.stringify(name)}:`,
      fallback: fields?.get(name)?.default,
    }));
    keyPrefixes.set(list, keys);
  }
  return keys;
}

/** Why an item has no path element, in the words of structured-merge-diff. */
export class ElementError extends Error {}

/** The path element of an item of a list of type map or set; throws ElementError where it has none. */
export function itemElement(list: ListSchema, item: unknown): string {
  if (list.listType === 'set') {
    if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
    if (isPlain(item)) throw new ElementError("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements');
    return `v:${stringifyExact(item)}`;
  }
  if (item === null) throw new ElementError('associative list with keys may not have a null element');
  if (!isPlain(item)) throw new ElementError('associative list with keys may not have non-map elements');
  let element = '';
  for (const key of keysOf(list)) {
    const value = own(item, key.name) ?? key.fallback;
    // a key that is left out is no part of the element; one at least must be there
    if (value !== undefined) element += (element ? ',' : 'k:{') + key.prefix + stringifyExact(value);
  }
  if (element) return `${element}}`;
  const names = list.keys.map((name) => JSON.stringify(name)).join(' ');
  throw new ElementError(
    `associative list with keys has an element that omits all key fields [${names}]` +
      " (and doesn't have default values for any key fields)",
  );
}

/** The elements of all items; undefined when an item has none, and the list is then one value. */
export function itemElements(list: ListSchema, items: readonly unknown[]): string[] | undefined {
  try {
    return items.map((item) => itemElement(list, item));
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

/** An element as messages show it: `.name`, `[name="x"]`, `[="value"]`, `[0]`. */
export function showElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'v':
      return `[=${rest}]`;
    case 'k':
      return `[${Object.entries(parseExact(rest) as object)
        .map(([name, value]) => `${name}=${stringifyExact(value)}`)
        .join(',')}]`;
    default:
      return `[${rest}]`;
  }
}

export const showPath = (path: readonly string[]): string => path.map(showElement).join('');
