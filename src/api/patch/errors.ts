import { StatusError } from '../../meta/status.ts';
import { isPlain, type Plain } from './plain.ts';

/** 422 for a patch that is well-formed but cannot be applied; Kubernetes does not say to the client why. */
export const rejected = (): StatusError =>
  new StatusError({
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  });

/** 500 for a patch whose content does not fit its own directives or keys: kube-apiserver has no better code for it. */
export const failed = (message: string): StatusError => new StatusError({ message, code: 500 });

/** How Go's JSON decoder calls the type of a value in its messages. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
}

/** 422 for what is no object of its kind after a patch. `shown` is what the message quotes. */
export function patchRefused(shown: string, why: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new StatusError({
    message: ` "" is invalid: patch: ${message}`,
    reason: 'Invalid',
    details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] },
    code: 422,
  });
}

/** How Go calls the type of a parsed value. */
export const goType = (value: unknown): string =>
  Array.isArray(value)
    ? '[]interface {}'
    : isPlain(value)
      ? 'map[string]interface {}'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'number' || typeof value === 'bigint'
          ? 'int64'
          : value === null || value === undefined
            ? '%!s(<nil>)'
            : typeof value;

/** Go's %v of maps and lists. */
export function showMap(map: Plain): string {
  const keys = Object.keys(map).sort();
  return `map[${keys.map((key) => `${key}:${show(map[key])}`).join(' ')}]`;
}
export const showList = (list: readonly unknown[]): string => `[${list.map(show).join(' ')}]`;
const show = (value: unknown): string =>
  Array.isArray(value)
    ? showList(value)
    : isPlain(value)
      ? showMap(value)
      : value === null || value === undefined
        ? '<nil>'
        : String(value as string);
