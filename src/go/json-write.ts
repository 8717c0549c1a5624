import { escapeHtml } from './html-escape.ts';
import { NumberToken } from './json-numbers.ts';

/** The order of an object's keys, undefined for a map's; and what is said of the parts of it. */
export interface Order<S> {
  keysOf(object: Readonly<Record<string, unknown>>, schema: S): readonly string[] | undefined;
  below(schema: S, key: string): S;
  item(schema: S): S;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * JSON as Go's encoder writes it: no `<`, `>` and `&`, and maps in the order of their keys. Not for hot paths.
 * @param order that of objects that are no maps, by their schema
 */
export function goJson(value: unknown): string;
export function goJson<S>(value: unknown, order: Order<S>, schema: S): string;
export function goJson<S>(value: unknown, order?: Order<S>, schema?: S): string {
  const write = (part: unknown, of: S | undefined): string =>
    order && of !== undefined ? goJson(part, order, of) : goJson(part);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof NumberToken) return value.text;
  if (!isObject(value)) return escapeHtml(JSON.stringify(value) ?? 'null');
  if (Array.isArray(value)) {
    const of = order && schema !== undefined ? order.item(schema) : undefined;
    return `[${value.map((item) => write(item, of)).join(',')}]`;
  }
  const known = order && schema !== undefined ? order.keysOf(value, schema) : undefined;
  const keys = (known ?? Object.keys(value).sort()).filter((key) => value[key] !== undefined);
  const below = (key: string): S | undefined => (order && schema !== undefined ? order.below(schema, key) : undefined);
  return `{${keys.map((key) => `${goJson(key)}:${write(value[key], below(key))}`).join(',')}}`;
}
