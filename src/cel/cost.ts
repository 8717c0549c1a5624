import { sizeOfText } from './text.ts';
import { CelMap, isList, isPlain, mapKeys, mapGet, adapt, mapSize, Opaque, Optional, type Value } from './values.ts';

/** The units in which cel-go counts what an expression does. */
export const LIST_COST = 10;
export const MAP_COST = 30;
export const STRUCT_COST = 40;
/** of a character that is looked at */
export const TRAVERSAL = 0.1;
/** of a character of a regular expression */
export const PATTERN = 0.25;

/** What `size()` would give; 1 for what has no size. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return sizeOfText(value);
  if (value === null || typeof value !== 'object') return 1;
  if (isList(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof CelMap) return value.entries.size;
  if (value instanceof Opaque) return value.size ?? 1;
  return isPlain(value) ? mapSize(value) : 1;
}
/** The same, but an optional has the size of its value. */
export const sizeInside = (value: Value): number =>
  value instanceof Optional && value.present ? sizeInside(value.value) : sizeOf(value);

/** Of looking at all of a value. */
export function traversal(value: Value): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL);
  if (isList(value)) return value.reduce<number>((sum, item) => sum + traversal(adapt(item)), 0);
  if (value instanceof CelMap || isPlain(value))
    return mapKeys(value).reduce<number>(
      (sum, key) => sum + traversal(key) + traversal(mapGet(value, key) as Value),
      0,
    );
  return 1;
}
/** Of a string, of each character `times`. */
export const ofText = (size: number, times = 1): number => Math.ceil(size * times * TRAVERSAL);
/** Of a regular expression on a text: the product of both lengths. */
export const ofPattern = (text: number, pattern: number): number =>
  Math.ceil((1 + text) * TRAVERSAL) * Math.ceil(pattern * PATTERN);
