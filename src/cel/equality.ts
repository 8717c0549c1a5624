import { work } from './work.ts';
import {
  adapt,
  CelError,
  CelMap,
  Double,
  Duration,
  error,
  isInt,
  isList,
  isPlain,
  KeyedList,
  mapGet,
  mapKeys,
  mapSize,
  NO_OVERLOAD,
  Opaque,
  Optional,
  SetList,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts';
import { compareText } from './text.ts';

type Number_ = number | bigint | Uint | Double;
const isNumber = (value: Value): value is Number_ => isInt(value) || value instanceof Uint || value instanceof Double;
const numberOf = (value: Number_): number | bigint => (isInt(value) ? value : value.value);

/** Numbers of different types are equal where they are the same number; a double counts as it is rounded. */
function compareNumbers(a: Number_, b: Number_): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (a instanceof Double || b instanceof Double) {
    const [p, q] = [Number(x), Number(y)];
    return p < q ? -1 : p > q ? 1 : 0;
  }
  return x < y ? -1 : x > y ? 1 : 0;
}
const isNan = (value: Value): boolean => value instanceof Double && Number.isNaN(value.value);

/** `a == b`; values of types that cannot be compared are not equal. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return typeof a !== 'object' || !isNan(a);
  if (typeof a === 'string' || typeof a === 'boolean' || a === null || b === null) return false;
  if (isNumber(a)) return isNumber(b) && !isNan(a) && !isNan(b) && compareNumbers(a, b) === 0;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  return isList(a) ? isList(b) && equalLists(a, b) : equalObjects(a, b);
}
function equalObjects(a: Value & object, b: Value & object): boolean {
  if (a instanceof Timestamp) return b instanceof Timestamp && a.seconds === b.seconds && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional)
    return b instanceof Optional && a.present === b.present && (!a.present || equal(a.value, b.value));
  if (a instanceof Opaque) return b instanceof Opaque && a.typeName === b.typeName && a.equals(b);
  if (a instanceof CelMap || isPlain(a)) return (b instanceof CelMap || isPlain(b)) && equalMaps(a, b);
  return false;
}
function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  work(a.length);
  if (a instanceof SetList) return equalSets(a, b);
  if (a instanceof KeyedList) return equalKeyed(a, b);
  for (let i = 0; i < a.length; i++) if (!equal(adapt(a[i]), adapt(b[i]))) return false;
  return true;
}
/** Scalars in any order. */
function equalSets(a: readonly unknown[], b: readonly unknown[]): boolean {
  const known = new Set(a);
  return b.every((item) => known.has(item));
}
/** How a list of objects tells its items apart. */
export function keyOfItem(item: unknown, fields: readonly string[]): string {
  const own = isPlain(item) ? item : {};
  return JSON.stringify(fields.map((field) => own[field] ?? null));
}
function equalKeyed(a: KeyedList, b: readonly unknown[]): boolean {
  const known = new Map(Array.from(a, (item) => [keyOfItem(item, a.fields), item]));
  return b.every((item) => {
    const mine = known.get(keyOfItem(item, a.fields));
    return mine !== undefined && equal(adapt(mine), adapt(item));
  });
}
type AnyMap = CelMap | { readonly [key: string]: unknown };
function equalMaps(a: AnyMap, b: AnyMap): boolean {
  if (mapSize(a) !== mapSize(b)) return false;
  work(mapSize(a));
  return mapKeys(a).every((key) => {
    const other = mapGet(b, key);
    return other !== undefined && equal(mapGet(a, key) as Value, other);
  });
}

const NAN = error('NaN values cannot be ordered');
/** Less than 0, 0 or more; an error for what has no order. */
export function compare(a: Value, b: Value): number | CelError {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : NO_OVERLOAD;
  if (a instanceof CelError) return a;
  if (b instanceof CelError) return b;
  if (isNumber(a)) return !isNumber(b) ? NO_OVERLOAD : isNan(a) || isNan(b) ? NAN : compareNumbers(a, b);
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : NO_OVERLOAD;
  if (a instanceof Timestamp) return b instanceof Timestamp ? a.seconds - b.seconds || a.nanos - b.nanos : NO_OVERLOAD;
  if (a instanceof Duration)
    return b instanceof Duration ? (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0) : NO_OVERLOAD;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.compare(a, b) : NO_OVERLOAD;
  return NO_OVERLOAD;
}

/** `item in list` */
export function contains(list: readonly unknown[], item: Value): boolean {
  work(list.length);
  if (typeof item === 'string' || typeof item === 'boolean' || item === null) return list.includes(item);
  for (const other of list) if (equal(adapt(other), item)) return true;
  return false;
}
