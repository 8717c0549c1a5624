import { isObject } from './json-schema.ts';

const put = (out: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
  else out[key] = value;
};

/** A deep copy of JSON whose objects have their keys in order: custom objects are maps in Go, and maps are written so. */
export function sortedCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sortedCopy) as T;
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) put(out, key, sortedCopy(value[key]));
  return out as T;
}
