import { jsonSyntaxError } from './json-syntax.ts';

/** How encoding/json names the type of a JSON value in its messages. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
}

/** `type` in Go's words: `map[string]interface {}`, `jsonpatch.Patch`. Source: encoding/json UnmarshalTypeError. */
export const unmarshalError = (value: unknown, type: string): string =>
  `json: cannot unmarshal ${jsonType(value)} into Go value of type ${type}`;

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
