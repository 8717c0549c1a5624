import { NumberToken } from '../../go/json-numbers.ts';
import { GoValue } from '../../go/print-value.ts';

/** JSON objects whose keys are a client's: `__proto__` and `constructor` are keys like any other. */
export type Plain = Record<string, unknown>;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof GoValue) &&
  !(value instanceof NumberToken);

/** The value of a key of its own, undefined where there is none. */
export const own = (object: Plain, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Sets a key, also one that assignment would take for the prototype. */
export function put(object: Plain, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

export function isEmptyObject(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
