import { keyOfItem } from './equality.ts';
import { addDuration, between } from './time.ts';
import {
  CelError,
  Double,
  Duration,
  error,
  intOf,
  isInt,
  isList,
  KeyedList,
  MIN_INT,
  NO_OVERLOAD,
  SetList,
  Timestamp,
  Uint,
  uintOf,
  type Value,
} from './values.ts';
import { work } from './work.ts';

type Whole = (a: bigint, b: bigint) => bigint;
const BY_ZERO = error('division by zero');
const MODULUS_BY_ZERO = error('modulus by zero');

/** Whole numbers beyond the exact ones, and unsigned ones. */
function exact(a: Value, b: Value, run: Whole): Value {
  if (isInt(a)) return isInt(b) ? intOf(run(BigInt(a), BigInt(b))) : NO_OVERLOAD;
  if (a instanceof Uint) return b instanceof Uint ? uintOf(run(BigInt(a.value), BigInt(b.value))) : NO_OVERLOAD;
  return NO_OVERLOAD;
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  if (typeof a === 'string') return typeof b === 'string' ? joinText(a, b) : NO_OVERLOAD;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value + b.value) : NO_OVERLOAD;
  if (isList(a)) return isList(b) ? joinLists(a, b) : NO_OVERLOAD;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? joinBytes(a, b) : NO_OVERLOAD;
  if (a instanceof Duration) {
    if (b instanceof Timestamp) return addDuration(b, a.nanos);
    return b instanceof Duration ? durationOf(a.nanos + b.nanos) : NO_OVERLOAD;
  }
  if (a instanceof Timestamp) return b instanceof Duration ? addDuration(a, b.nanos) : NO_OVERLOAD;
  return exact(a, b, (x, y) => x + y);
}
function joinText(a: string, b: string): Value {
  work((a.length + b.length) / 16);
  return a + b;
}
function joinBytes(a: Uint8Array, b: Uint8Array): Value {
  work((a.length + b.length) / 16);
  return Uint8Array.from(Buffer.concat([a, b]));
}
/** What is added to a set or to objects with keys replaces what is there. */
function joinLists(a: readonly unknown[], b: readonly unknown[]): Value {
  if (a instanceof SetList || a instanceof KeyedList) work(4 * (a.length + b.length));
  if (a instanceof SetList) {
    const joined = new SetList();
    for (const item of new Set<unknown>([...a, ...b])) joined.push(item);
    return joined;
  }
  if (a instanceof KeyedList) {
    const items = new Map(Array.from(a, (item) => [keyOfItem(item, a.fields), item]));
    for (const item of b) items.set(keyOfItem(item, a.fields), item);
    const joined = new KeyedList();
    for (const item of items.values()) joined.push(item);
    joined.fields = a.fields;
    return joined;
  }
  work((a.length + b.length) / 8);
  return a.concat(b);
}

export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  if (a instanceof Double) return b instanceof Double ? new Double(a.value - b.value) : NO_OVERLOAD;
  if (a instanceof Duration) return b instanceof Duration ? durationOf(a.nanos - b.nanos) : NO_OVERLOAD;
  if (a instanceof Timestamp) {
    if (b instanceof Duration) return addDuration(a, -b.nanos);
    return b instanceof Timestamp ? between(a, b) : NO_OVERLOAD;
  }
  return exact(a, b, (x, y) => x - y);
}
export function multiply(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  if (a instanceof Double) return b instanceof Double ? new Double(a.value * b.value) : NO_OVERLOAD;
  return exact(a, b, (x, y) => x * y);
}
const isZero = (value: Value): boolean => value === 0 || (value instanceof Uint && value.value === 0);
export function divide(a: Value, b: Value): Value {
  if (a instanceof Double) return b instanceof Double ? new Double(a.value / b.value) : NO_OVERLOAD;
  if (isInt(a) === isInt(b) && isZero(b)) return BY_ZERO;
  return exact(a, b, (x, y) => x / y);
}
export function modulo(a: Value, b: Value): Value {
  if (isInt(a) === isInt(b) && isZero(b)) return MODULUS_BY_ZERO;
  if (isInt(a) && isInt(b) && BigInt(a) === MIN_INT && b === -1) return error('integer overflow');
  return exact(a, b, (x, y) => x % y);
}
export function negate(a: Value): Value {
  if (typeof a === 'number') return a === 0 ? 0 : -a;
  if (typeof a === 'bigint') return intOf(-a);
  if (a instanceof Double) return new Double(-a.value);
  return a instanceof Duration ? durationOf(-a.nanos) : a instanceof CelError ? a : NO_OVERLOAD;
}

const OVERFLOW = error('duration overflow');
export const durationOf = (nanos: bigint): Duration | CelError =>
  nanos < MIN_INT || nanos > -MIN_INT - 1n ? OVERFLOW : new Duration(nanos);
