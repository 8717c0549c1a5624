import { NumberToken } from './json-numbers.ts';
import { jsonSyntaxError } from './json-syntax.ts';

/** How encoding/json names the type of a JSON value in its messages. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof NumberToken || typeof value === 'bigint') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/**
 * Why a value is none of a type (encoding/json UnmarshalTypeError).
 * @param type in Go's words: `map[string]interface {}`, `jsonpatch.Patch`
 * @param place where it stands: `Go struct field Taint.key`
 */
export const unmarshalError = (value: unknown, type: string, place = 'Go value'): string =>
  `json: cannot unmarshal ${jsonType(value)} into ${place} of type ${type}`;

/** The error for a text that is no JSON of a Go type (an object, or a list if it says so); null is good for each. */
export function jsonError(text: string, type: string): string | undefined {
  const syntax = jsonSyntaxError(text);
  if (syntax !== undefined) return syntax;
  const value: unknown = JSON.parse(text);
  const fits = typeof value === 'object' && Array.isArray(value) === type.startsWith('[]');
  return value === null || fits ? undefined : unmarshalError(value, type);
}

/** The error for a text that is no JSON object (or null); undefined where it is one. */
export const jsonObjectError = (text: string): string | undefined => jsonError(text, 'map[string]interface {}');
