import type { Schema } from '../../kinds/schema.ts';
import { isPlain, type Plain } from './plain.ts';

const ANY: Schema = { type: 'any' };

const ESCAPED: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};
const escape = (c: string): string => ESCAPED[c]!;

/**
 * JSON as Go's encoder writes it: no `<`, `>` and `&`, and maps in the order of their keys. Not for hot paths.
 * @param keysOf the keys of an object that is no map, in the order in which Go has them
 */
export function goJson(
  value: unknown,
  keysOf?: (object: Plain, schema: Schema) => string[] | undefined,
  schema: Schema = ANY,
): string {
  if (Array.isArray(value))
    return `[${value.map((item) => goJson(item, keysOf, schema.type === 'list' ? schema.item : ANY)).join(',')}]`;
  if (typeof value === 'bigint') return String(value);
  if (!isPlain(value)) return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, escape);
  const keys = (keysOf?.(value, schema) ?? Object.keys(value).sort()).filter((key) => value[key] !== undefined);
  const below = (key: string): Schema =>
    schema.type === 'object' ? (schema.fields.get(key)?.schema ?? ANY) : schema.type === 'map' ? schema.value : ANY;
  return `{${keys.map((key) => `${goJson(key)}:${goJson(value[key], keysOf, below(key))}`).join(',')}}`;
}
