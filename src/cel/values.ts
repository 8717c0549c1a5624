import { work } from './work.ts';

/**
 * Values as expressions see them. JSON is itself a value: null, booleans, strings, arrays (lists), plain objects (maps
 * with string keys), and whole numbers (ints). What JSON has not is an instance of a class below. An int is a number as
 * long as that is exact and a bigint beyond, never both; a fraction in JSON becomes a Double where it is read (`adapt`).
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly unknown[]
  | Double
  | Uint
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | CelMap
  | CelError
  | Opaque
  | { readonly [key: string]: unknown };

export class Double {
  constructor(readonly value: number) {}
}
/** Unsigned, up to 2^64-1; in `value` a bigint where a number is not exact. */
export class Uint {
  constructor(readonly value: number | bigint) {}
}
/** From year 1 to 9999. */
export class Timestamp {
  constructor(
    readonly seconds: number,
    readonly nanos: number,
    /** seconds east of UTC of how it was written, which only its text shows again */
    readonly zone = 0,
  ) {}
}
/** Nanoseconds, as many as an int64 counts. */
export class Duration {
  constructor(readonly nanos: bigint) {}
}
export class Optional {
  private constructor(
    readonly present: boolean,
    readonly value: Value,
  ) {}
  static readonly none = new Optional(false, null);
  static of(value: Value): Optional {
    return new Optional(true, value);
  }
}
/** What `type(x)` gives. */
export class TypeValue {
  constructor(readonly name: string) {}
}
/** What fails is a value: `||` and `&&` may still say what the whole is. */
export class CelError {
  constructor(readonly message: string) {}
}
/** A value of a library: an address, a quantity, a question to the authorizer. */
export abstract class Opaque {
  /** as types and messages call it */
  abstract readonly typeName: string;
  abstract equals(other: Opaque): boolean;
  /** of those that have a `size()`; cost counts by it */
  get size(): number | undefined {
    return undefined;
  }
}
export type Key = string | number | bigint | boolean;
/** A map that an expression made: keys of any type; equal numbers are one key. */
export class CelMap {
  readonly entries = new Map<Key, readonly [key: Value, value: Value]>();
  /** @param otherwise what is found where nothing is; `in` still says that nothing is there */
  constructor(readonly otherwise?: Value) {}
}
/** A list that is compared and added as a set (`x-kubernetes-list-type: set`). */
export class SetList extends Array<unknown> {}
/** A list of objects that are told apart by some fields (`x-kubernetes-list-type: map`). */
export class KeyedList extends Array<unknown> {
  fields: readonly string[] = [];
}
/** An object whose fields are worked out when they are asked for. */
export abstract class Lazy extends Opaque {
  abstract field(name: string): Value | undefined;
  abstract has(name: string): boolean;
}

export const error = (message: string): CelError => new CelError(message);
export const NO_OVERLOAD = error('no such overload');

export const MIN_INT = -(2n ** 63n);
export const MAX_INT = 2n ** 63n - 1n;
export const MAX_UINT = 2n ** 64n - 1n;

/** The one form of a whole number. */
export const whole = (n: bigint): number | bigint =>
  n <= BigInt(Number.MAX_SAFE_INTEGER) && n >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(n) : n;
export const intOf = (n: bigint): Value => (n < MIN_INT || n > MAX_INT ? error('integer overflow') : whole(n));
export const uintOf = (n: bigint): Value =>
  n < 0n || n > MAX_UINT ? error('unsigned integer overflow') : new Uint(whole(n));

/** What stands in JSON, or in a list or a map, as a value: fractions, and whole numbers beyond the exact ones, too. */
export function adapt(raw: unknown): Value {
  if (typeof raw === 'number' && !Number.isSafeInteger(raw)) return fromNumber(raw);
  return raw === undefined ? null : (raw as Value);
}
function fromNumber(raw: number): Value {
  if (!Number.isInteger(raw)) return new Double(raw);
  const exact = BigInt(raw);
  return exact >= MIN_INT && exact <= MAX_INT ? whole(exact) : new Double(raw);
}

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
/** A map that is JSON's object. */
export const isPlain = (value: unknown): value is { readonly [key: string]: unknown } => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
export const isMap = (value: unknown): value is CelMap | { readonly [key: string]: unknown } =>
  value instanceof CelMap || isPlain(value);
export const isInt = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** The key under which a map keeps a value; undefined: no key at all. */
export function keyOf(value: Value): Key | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint) return value.value;
  if (value instanceof Double && Number.isInteger(value.value)) return whole(BigInt(value.value));
  return undefined;
}

/** Keys of large objects of the evaluation that runs: a loop asks for them each time. */
let large: WeakMap<object, readonly string[]> | undefined;
const LARGE = 32;
export function forgetKeys(): void {
  large = undefined;
}
function plainKeys(map: { readonly [key: string]: unknown }): readonly string[] {
  const known = large?.get(map);
  if (known) return known;
  const keys = Object.keys(map);
  if (keys.length > LARGE) {
    work(keys.length);
    (large ??= new WeakMap()).set(map, keys);
  }
  return keys;
}
export function mapKeys(map: CelMap | { readonly [key: string]: unknown }): readonly Value[] {
  if (!(map instanceof CelMap)) return plainKeys(map);
  work(map.entries.size);
  return Array.from(map.entries.values(), ([key]) => key);
}
export const mapSize = (map: CelMap | { readonly [key: string]: unknown }): number =>
  map instanceof CelMap ? map.entries.size : plainKeys(map).length;
/** The value of a key; undefined where the map has it not. */
export function mapGet(map: CelMap | { readonly [key: string]: unknown }, key: Value): Value | undefined {
  if (map instanceof CelMap) {
    const found = keyOf(key);
    return found === undefined ? undefined : map.entries.get(found)?.[1];
  }
  return typeof key === 'string' && Object.hasOwn(map, key) ? adapt(map[key]) : undefined;
}
