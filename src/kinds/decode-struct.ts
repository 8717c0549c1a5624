import { canonicalQuantity, QuantityError } from '../meta/quantity.ts';
import { canonicalMicroTime, canonicalTime, TimeError } from '../meta/time.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * Parsed JSON checked against a schema and put into the form that the rest of the program relies on: known fields only,
 * no nulls, quantities and times canonical, structs that are no pointers present. Names are matched exactly, as the API
 * server does. Errors have the words of Go's decoder, which clients know.
 */
export class DecodeError extends Error {
  override name = 'DecodeError';
}

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
  /** as `trail`, without indexes and map keys: how Go names a struct field */
  readonly names: string[] = [];
  struct: ObjectSchema | undefined;

  fail(message: string): void {
    this.error ??= message;
  }
  mismatch(value: Value, goType: string): void {
    this.unmarshal(describe(value), goType);
  }
  unmarshal(what: string, goType: string): void {
    if (this.error !== undefined) return;
    const struct = this.struct ? shortName(this.struct.name).split('.')[1] : '';
    const at = this.names.length ? `Go struct field ${struct}.${this.names.join('.')}` : 'Go value';
    this.error = `json: cannot unmarshal ${what} into ${at} of type ${goType}`;
  }
}

const describe = (value: Value): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'object' : typeof value;

/** `io.k8s.api.core.v1.PodSpec` → `v1.PodSpec` */
const shortName = (name: string): string => name.split('.').slice(-2).join('.');

const GO: Readonly<Record<string, string>> = {
  boolean: 'bool',
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
};

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'object':
      return shortName(schema.name);
    case 'list':
      return `[]${goType(schema.item)}`;
    case 'map':
      return `map[string]${goType(schema.value)}`;
    default:
      return GO[schema.type] ?? schema.type;
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

export function readStruct(schema: ObjectSchema, value: Value, walk: Walk): Shape {
  const out: Shape = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value !== null && value !== undefined) walk.mismatch(value, goType(schema));
    value = {};
  }
  const { fields } = schema;
  const outer = walk.struct;
  walk.struct = schema;
  for (const key of Object.keys(value as Shape)) {
    walk.keys++;
    const item = (value as Shape)[key];
    const field = fields.get(key);
    if (!field) {
      walk.unknown.push([...walk.trail, key].join('.').replaceAll('.[', '['));
      walk.keys += countKeys(item);
      continue;
    }
    if (item === null || item === undefined) continue;
    walk.trail.push(key);
    walk.names.push(key);
    const read = readValue(field.schema, item, walk);
    if (read !== undefined) out[key] = read;
    walk.trail.pop();
    walk.names.pop();
  }
  for (const field of structsOf(schema)) {
    if (!(field.name in out)) out[field.name] = readStruct(field.schema as ObjectSchema, undefined, walk);
  }
  walk.struct = outer;
  return out;
}

function readList(schema: Schema & { type: 'list' }, value: Value, walk: Walk): Value {
  if (!Array.isArray(value)) return walk.mismatch(value, goType(schema));
  const out: Value[] = [];
  for (let i = 0; i < value.length; i++) {
    walk.trail.push(`[${i}]`);
    out[i] = readValue(schema.item, value[i], walk) ?? zeroOf(schema.item, walk);
    walk.trail.pop();
  }
  return out;
}

function readMap(schema: Schema & { type: 'map' }, value: Value, walk: Walk): Value {
  if (typeof value !== 'object' || Array.isArray(value)) return walk.mismatch(value, goType(schema));
  const out: Shape = {};
  for (const key of Object.keys(value as Shape)) {
    walk.keys++;
    walk.trail.push(key);
    const item = readValue(schema.value, (value as Shape)[key], walk) ?? zeroOf(schema.value, walk);
    walk.trail.pop();
    if (key === '__proto__') Object.defineProperty(out, key, { value: item, enumerable: true, configurable: true, writable: true });
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

function readInteger(bits: 32 | 64, value: Value, walk: Walk): Value {
  if (typeof value !== 'number') return walk.mismatch(value, `int${bits}`);
  const limit = 2 ** (bits - 1);
  if (Number.isInteger(value) && value >= -limit && (bits === 32 ? value < limit : value <= limit)) return value;
  return walk.unmarshal(`number ${value}`, `int${bits}`);
}

function readBytes(value: Value, walk: Walk): Value {
  if (typeof value !== 'string') return walk.mismatch(value, '[]uint8');
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  const bad = /[^A-Za-z0-9+/]/.exec(text.replace(/={0,2}$/, ''));
  if (bad) return walk.fail(`illegal base64 data at input byte ${bad.index}`);
  if (text.length % 4) return walk.fail(`illegal base64 data at input byte ${text.length - (text.length % 4)}`);
  return text;
}

/** A conversion that throws its message. */
function converted(convert: () => Value, walk: Walk): Value {
  try {
    return convert();
  } catch (error) {
    if (error instanceof QuantityError || error instanceof TimeError) return walk.fail(error.message);
    throw error;
  }
}

function readQuantity(value: Value, walk: Walk): Value {
  // a number is taken as it is written; anything else is not even looked at
  const text = typeof value === 'object' || typeof value === 'boolean' ? JSON.stringify(value) : String(value).trim();
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
      return typeof value === 'string' ? value : walk.mismatch(value, 'string');
    case 'boolean':
      return typeof value === 'boolean' ? value : walk.mismatch(value, 'bool');
    case 'int32':
      return readInteger(32, value, walk);
    case 'int64':
      return readInteger(64, value, walk);
    case 'double':
      return typeof value === 'number' ? value : walk.mismatch(value, 'float64');
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
      return typeof value === 'string' ? value : readInteger(32, value, walk);
    default:
      walk.keys += countKeys(value);
      return value;
  }
}
