import { formatDuration, formatTimestamp } from '../../cel/time.ts';
import {
  adapt,
  CelMap,
  Double,
  Duration,
  isPlain,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../../cel/values.ts';
import { GoValue } from '../../go/print-value.ts';
import type { Json } from '../../meta/object.ts';
import { MAX_VALUES } from '../body-bounds.ts';
import { Made } from './patch-types.ts';

/** Bytes of all texts in what an expression makes of an object: no request is larger. */
const MAX_BYTES = 3 * 1024 * 1024;

/** How much one expression may make: values that share parts are small until each part is written where it stands. */
export class Room {
  private values = MAX_VALUES;
  private bytes = MAX_BYTES;

  /** Throws Error where there is no more. */
  take(text = ''): void {
    this.values--;
    this.bytes -= text.length;
    if (this.values < 0 || this.bytes < 0) throw new Error('what the expression makes is too large');
  }
}

/** Values that JSON has as text where a number would not be exact. */
const isExact = (value: number | bigint): value is number => typeof value === 'number' && Number.isSafeInteger(value);

const textOfTime = (value: Timestamp): GoValue => {
  const at = new Date(value.seconds * 1000);
  const month = at.toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  const parts = [at.getUTCFullYear(), `time.${month}`, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes()];
  const literal = `time.Date(${[...parts, at.getUTCSeconds(), value.nanos].join(', ')}, time.UTC)`;
  return new GoValue(formatTimestamp(value), literal, 'time.Time');
};

/** What a value is to Go where no schema has a place for it. */
function foreign(value: Value): unknown {
  if (value === null) return new GoValue('NULL_VALUE', '0', 'structpb.NullValue');
  if (value instanceof Uint8Array) {
    const bytes = Array.from(value, (byte) => `0x${byte.toString(16)}`);
    return new GoValue(`[${value.join(' ')}]`, `[]uint8{${bytes.join(', ')}}`, '[]uint8');
  }
  if (value instanceof Timestamp) return textOfTime(value);
  if (value instanceof Duration) return new GoValue(formatDuration(value), String(value.nanos), 'time.Duration');
  if (value instanceof Opaque) return new GoValue(value.typeName, value.typeName, value.typeName);
  return value;
}

/**
 * An apply configuration that an expression made. What JSON has not is a GoValue, which no schema takes. Throws Error for a
 * map whose keys are no strings.
 */
export function configurationOf(raw: unknown, room: Room): unknown {
  const value = adapt(raw);
  room.take(typeof value === 'string' ? value : '');
  const within = (item: unknown): unknown => configurationOf(item, room);
  if (value instanceof Optional) return within(value.present ? value.value : null);
  if (value instanceof Double || value instanceof Uint) return value.value;
  if (value instanceof TypeValue) return value.name;
  if (Array.isArray(value)) return value.map(within);
  if (value instanceof Made) return Object.fromEntries([...value.fields].map(([name, field]) => [name, within(field)]));
  if (value instanceof CelMap) {
    const entries = [...value.entries.values()].map(([key, item]): [string, unknown] => {
      if (typeof key !== 'string') throw new Error('invalid return type: *dynamic.ObjectVal');
      room.take(key);
      return [key, within(item)];
    });
    return Object.fromEntries(entries);
  }
  if (!isPlain(value)) return foreign(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item === null ? null : within(item)]));
}

const unsupported = (why: string): Error =>
  new Error(`JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${why}`);

/** JSON of what an expression made, as CEL defines it. Throws Error, in the words of the API server, for what has none. */
export function jsonOf(raw: unknown, room: Room): Json {
  const value = adapt(raw);
  room.take(typeof value === 'string' ? value : '');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return isExact(value) ? value : String(value);
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return isExact(value.value) ? value.value : String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Optional) return value.present ? jsonOf(value.value, room) : null;
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, room));
  const entries = entriesOf(value).map(([key, item]): [string, Json] => {
    room.take(key);
    return [key, jsonOf(item, room)];
  });
  return Object.fromEntries(entries);
}

function entriesOf(value: Value): [string, unknown][] {
  if (value instanceof Made) return [...value.fields];
  if (value instanceof CelMap) return [...value.entries.values()].map(([key, item]) => [keyText(key), item]);
  if (isPlain(value)) return Object.entries(value);
  if (value instanceof TypeValue) throw unsupported(`type conversion not supported for 'type'`);
  const name = value instanceof Opaque ? value.typeName.replace(/^.*\./, '') : 'value';
  throw unsupported(`type conversion error from '${name}' to '*structpb.Value'`);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  const name = typeof key === 'boolean' ? 'bool' : key instanceof Uint ? 'uint' : 'int';
  throw unsupported(`unsupported type conversion from '${name}' to string`);
}
