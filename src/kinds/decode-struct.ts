import { canonicalQuantity, QuantityError } from '../meta/quantity.ts';
import { canonicalMicroTime, canonicalTime, TimeError } from '../meta/time.ts';
import { jsonType } from '../go/json-unmarshal.ts';
import { base64Problem, isBase64, withoutLineEnds } from '../go/base64.ts';
import { goPlace } from './go-types.ts';
import { NumberToken, stringifyExact, withoutTokens } from '../go/json-numbers.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

type Value = unknown;
type Shape = Record<string, Value>;

/** Where the walk is: the trail serves the error messages and the paths of unknown fields, and is cheap to keep. */
export class Walk {
  /** first type error; Go goes on after it and reports only this one */
  error: string | undefined;
  readonly unknown: string[] = [];
  /** keys of all objects seen, with those inside free-form values: tells whether the text had duplicates */
  keys = 0;
  readonly trail: string[] = [];
  /** the object may claim to be of any kind: it is read as this one */
  anyKind = false;
  /** the value comes with its keys in their order, whatever order they have here */
  sorted = false;
  /** @param root the type of the whole value. `exact`: numbers may be NumberTokens. */
  constructor(
    private readonly root?: Schema,
    readonly exact = false,
  ) {}

  /** whether the error is one at which Go stops: that of a type with a decoder of its own */
  private stopped = false;

  /** a whole object in canonical form: top-level fields that are shared with it are taken as they are */
  known: Readonly<Shape> | undefined;

  /** @returns where the walk is, or at `key` there: `spec.list[0].key` */
  path(...key: string[]): string {
    return [...this.trail, ...key].join('.').replaceAll('.[', '[');
  }
  fail(message: string): void {
    this.error ??= message;
  }
  stop(message: string): void {
    if (!this.stopped) this.error = message;
    this.stopped = true;
  }
  /** @param decoder the type that a type with a decoder of its own reads */
  mismatch(value: Value, decoder?: string): void {
    this.unmarshal(jsonType(value), decoder);
  }
  unmarshal(what: string, decoder?: string): void {
    if (decoder ? this.stopped : this.error !== undefined) return;
    const { place, type } = goPlace(this.root, this.trail);
    const message = `json: cannot unmarshal ${what} into ${place} of type ${decoder ?? type}`;
    if (decoder) this.stop(message);
    else this.fail(message);
  }
}

/** Fields that are there even when nothing is said of them: structs that are no pointers. */
const embedded = new WeakMap<ObjectSchema, readonly Field[]>();
function structsOf(schema: ObjectSchema): readonly Field[] {
  let fields = embedded.get(schema);
  if (!fields) {
    fields = [...schema.fields.values()].filter((f) => f.schema.type === 'object' && !f.pointer);
    embedded.set(schema, fields);
  }
  return fields;
}

function countKeys(value: Value): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  const keys = Object.keys(value);
  return keys.reduce((sum, key) => sum + countKeys((value as Shape)[key]), keys.length);
}

const isShape = (value: Value, walk: Walk): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(walk.exact && value instanceof NumberToken);

/**
 * Parsed JSON checked against a schema and put into the form that the rest of the program relies on: known fields only,
 * no nulls, quantities and times canonical, structs that are no pointers present. Names are matched exactly, as the API
 * server does. Errors have the words of Go's decoder, which clients know.
 */
export function readStruct(schema: ObjectSchema, value: Value, walk: Walk): Shape {
  const out: Shape = {};
  if (!isShape(value, walk)) {
    if (value !== null && value !== undefined) walk.mismatch(value);
    value = {};
  }
  const { fields } = schema;
  for (const key in value as Shape) {
    walk.keys++;
    const item = (value as Shape)[key];
    const field = fields.get(key);
    if (!field) {
      walk.unknown.push(walk.path(key));
      walk.keys += countKeys(item);
      continue;
    }
    if (item === null || item === undefined) continue;
    if (walk.known !== undefined && walk.trail.length === 0 && typeof item === 'object' && item === walk.known[key]) {
      out[key] = item;
      continue;
    }
    walk.trail.push(key);
    const read = readValue(field.schema, item, walk);
    if (read !== undefined) out[key] = read;
    walk.trail.pop();
  }
  for (const field of structsOf(schema)) {
    if (!(field.name in out)) out[field.name] = readStruct(field.schema as ObjectSchema, undefined, walk);
  }
  return out;
}

function readList(schema: Schema & { type: 'list' }, value: Value, walk: Walk): Value {
  if (!Array.isArray(value)) return walk.mismatch(value);
  const out: Value[] = [];
  for (let i = 0; i < value.length; i++) {
    walk.trail.push(`[${i}]`);
    out[i] = readValue(schema.item, value[i], walk) ?? zeroOf(schema.item, walk);
    walk.trail.pop();
  }
  return out;
}

function readMap(schema: Schema & { type: 'map' }, value: Value, walk: Walk): Value {
  if (!isShape(value, walk)) return walk.mismatch(value);
  const out: Shape = {};
  for (const key in value) {
    walk.keys++;
    walk.trail.push(key);
    const item = readValue(schema.value, value[key], walk) ?? zeroOf(schema.value, walk);
    walk.trail.pop();
    if (key === '__proto__')
      Object.defineProperty(out, key, { value: item, enumerable: true, configurable: true, writable: true });
    else out[key] = item;
  }
  return out;
}

/** What null is where Go has no pointer. */
function zeroOf(schema: Schema, walk: Walk): Value {
  switch (schema.type) {
    case 'object':
      return readStruct(schema, undefined, walk);
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'quantity':
      return '0';
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    default:
      return null;
  }
}

const INT64_MAX = 2n ** 63n - 1n;

/** @param decoder as of `mismatch` */
function readInteger(bits: 32 | 64, value: Value, walk: Walk, decoder?: string): Value {
  if (typeof value !== 'number') return readOddInteger(bits, value, walk, decoder);
  const limit = 2 ** (bits - 1);
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  return walk.unmarshal(`number ${value}`, decoder);
}

/** What JSON.parse does not keep: `1.0`, which is no integer to Go, and integers beyond 2^53. */
function readOddInteger(bits: 32 | 64, value: Value, walk: Walk, decoder?: string): Value {
  const exact = value instanceof NumberToken ? value.value : value;
  if (bits === 64 && typeof exact === 'bigint' && exact <= INT64_MAX && exact >= -INT64_MAX - 1n) return exact;
  if (value instanceof NumberToken) return walk.unmarshal(`number ${value.text}`, decoder);
  return typeof exact === 'bigint' ? walk.unmarshal(`number ${exact}`, decoder) : walk.mismatch(value, decoder);
}

function readDouble(value: Value, walk: Walk): Value {
  if (typeof value === 'number') return value;
  if (value instanceof NumberToken || typeof value === 'bigint')
    return Number(value instanceof NumberToken ? value.value : value);
  return walk.mismatch(value);
}

function readBytes(value: Value, walk: Walk): Value {
  if (typeof value !== 'string') return walk.mismatch(value);
  if (isBase64(value)) return withoutLineEnds(value);
  return walk.fail(`illegal base64 data at input byte ${base64Problem(value)}`);
}

/** A conversion that throws its message. */
function converted(convert: () => Value, walk: Walk): Value {
  try {
    return convert();
  } catch (error) {
    if (error instanceof QuantityError || error instanceof TimeError) return walk.stop(error.message);
    throw error;
  }
}

function readQuantity(value: Value, walk: Walk): Value {
  // a number is taken as it is written; anything else is not even looked at
  const text =
    value instanceof NumberToken
      ? value.text
      : typeof value === 'object' || typeof value === 'boolean'
        ? stringifyExact(withoutTokens(value))
        : String(value as string).trim();
  return converted(() => canonicalQuantity(text), walk);
}

export function readValue(schema: Schema, value: Value, walk: Walk): Value {
  if (value === null || value === undefined) return undefined;
  switch (schema.type) {
    case 'object':
      return readStruct(schema, value, walk);
    case 'list':
      return readList(schema, value, walk);
    case 'map':
      return readMap(schema, value, walk);
    case 'string':
    case 'duration':
      return typeof value === 'string' ? value : walk.mismatch(value);
    case 'boolean':
      return typeof value === 'boolean' ? value : walk.mismatch(value);
    case 'int32':
      return readInteger(32, value, walk);
    case 'int64':
      return readInteger(64, value, walk);
    case 'double':
      return readDouble(value, walk);
    case 'bytes':
      return readBytes(value, walk);
    case 'quantity':
      return readQuantity(value, walk);
    case 'time':
      if (typeof value !== 'string') return walk.mismatch(value, 'string');
      return value === '' ? undefined : converted(() => canonicalTime(value), walk);
    case 'microTime':
      if (typeof value !== 'string') return walk.mismatch(value, 'string');
      return value === '' ? undefined : converted(() => canonicalMicroTime(value), walk);
    case 'intOrString':
      return typeof value === 'string' ? value : readInteger(32, value, walk, 'int32');
    default:
      walk.keys += countKeys(value);
      return walk.exact ? withoutTokens(value) : value;
  }
}
