import { isPlain, type Plain } from './plain.ts';

const ESCAPED: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
const escape = (c: string): string => ESCAPED[c]!;

/**
 * JSON as Go's encoder writes it: no `<`, `>` and `&`, and maps in the order of their keys. Not for hot paths.
 * @param asIs objects that keep their own order: those that Go has as a struct, or as text
 */
export function goJson(value: unknown, asIs?: (object: Plain) => boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => goJson(item, asIs)).join(',')}]`;
  if (typeof value === 'bigint') return String(value);
  if (!isPlain(value)) return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, escape);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (!asIs?.(value)) keys.sort();
  return `{${keys.map((key) => `${goJson(key)}:${goJson(value[key], asIs)}`).join(',')}}`;
}
