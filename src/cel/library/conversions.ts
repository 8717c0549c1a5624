import { func, type Estimate, type Library, type Sized } from '../overload.ts';
import { MAX_COUNT, scale, UNKNOWN, type Range } from '../range.ts';
import { ofText, sizeOf, TRAVERSAL } from '../cost.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timestampOf } from '../time.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  parameter,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
  type Type,
} from '../types.ts';
import {
  CelError,
  Double,
  Duration,
  error,
  intOf,
  isInt,
  isList,
  isMap,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  uintOf,
  whole,
  type Value,
} from '../values.ts';

const refused = (to: string): CelError => error(`type conversion error from 'string' to '${to}'`);
const same = (value: Value): Value => value;

/** Of a double to a whole number: what is between both limits, rounded to zero. */
function truncated(value: number, low: number, high: number): bigint | undefined {
  return Number.isFinite(value) && value > low && value < high ? BigInt(Math.trunc(value)) : undefined;
}
function toInt(value: Value): Value {
  if (isInt(value)) return value;
  if (value instanceof Uint) return intOf(BigInt(value.value));
  if (value instanceof Double) {
    const found = truncated(value.value, -(2 ** 63), 2 ** 63);
    return found === undefined ? error('integer overflow') : whole(found);
  }
  if (value instanceof Timestamp) return value.seconds;
  if (value instanceof Duration) return whole(value.nanos);
  const text = String(value);
  if (!/^[+-]?\d+$/.test(text) || text.length > 40) return refused('int');
  const found = intOf(BigInt(text.replace(/^\+/, '')));
  return found instanceof CelError ? refused('int') : found;
}
function toUint(value: Value): Value {
  if (isInt(value)) return uintOf(BigInt(value));
  if (value instanceof Double) {
    const found = value.value < 0 ? undefined : truncated(value.value, -1, 2 ** 64);
    return found === undefined ? error('unsigned integer overflow') : new Uint(whole(found));
  }
  const text = String(value);
  if (!/^\d+$/.test(text) || text.length > 40) return refused('uint');
  const found = uintOf(BigInt(text));
  return found instanceof CelError ? refused('uint') : found;
}
const NUMBER = /^[+-]?(?:(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf|infinity|nan)$/i;
function toDouble(value: Value): Value {
  if (isInt(value)) return new Double(Number(value));
  if (value instanceof Uint) return new Double(Number(value.value));
  const text = String(value);
  if (!NUMBER.test(text) || text.includes('_')) return refused('double');
  if (/nan/i.test(text)) return new Double(Number.NaN);
  if (/inf/i.test(text)) return new Double(text.startsWith('-') ? -Infinity : Infinity);
  const number = Number(text);
  return Number.isFinite(number) ? new Double(number) : refused('double');
}
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const toBool = (text: string): Value => (TRUE.has(text) ? true : FALSE.has(text) ? false : refused('bool'));

/** A double as `%g` prints it: the shortest digits, an exponent where it is below -4 or from 21 on. */
export function showDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const abs = Math.abs(value);
  if (abs >= 1e-4 && abs < 1e21) return String(value);
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function decoded(bytes: Uint8Array): Value {
  try {
    return DECODER.decode(bytes);
  } catch {
    return error('invalid UTF-8 in bytes, cannot convert to string');
  }
}
/** As `string()` shows a value; of values that it does not take, an error. */
export function toText(value: Value): Value {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || isInt(value)) return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) return showDouble(value.value);
  if (value instanceof Uint8Array) return decoded(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  return error('no such overload');
}

/** The type of a value, as `type()` names it. */
export function typeName(value: Value): string {
  if (value === null) return 'null_type';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'int';
    default:
      return nameOfObject(value);
  }
}
function nameOfObject(value: Value & object): string {
  if (isList(value)) return 'list';
  if (isMap(value)) return 'map';
  if (value instanceof Double) return 'double';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional_type';
  return value instanceof Opaque ? value.typeName : 'error';
}

const time = (text: string): Value => parseTimestamp(text) ?? refused('google.protobuf.Timestamp');
const span = (text: string): Value => parseDuration(text) ?? refused('google.protobuf.Duration');
const bytes = (text: string): Value => new TextEncoder().encode(text);

/** Between text and bytes; a character is one to four bytes. */
const recoded =
  (size: (size: Range) => Range) =>
  ([value]: readonly Sized[]): Estimate => {
    const own = value?.size ?? UNKNOWN;
    return { cost: scale(own, TRAVERSAL), size: size(own) };
  };
const RECODED = {
  cost: ([value]: readonly Value[]): number => ofText(sizeOf(value as Value)),
  ifSure: true,
};
const to = (id: string, from: Type, result: Type, run: (...values: never[]) => Value): ReturnType<typeof func> =>
  func(id, [from], result, run);
const A = parameter('A');

export const conversions: Library = {
  bool: [to('bool_to_bool', BOOL, BOOL, same), to('string_to_bool', STRING, BOOL, toBool)],
  bytes: [
    to('bytes_to_bytes', BYTES, BYTES, same),
    func('string_to_bytes', [STRING], BYTES, bytes, {
      ...RECODED,
      estimate: recoded(({ min, max }) => ({ min, max: Math.min(max * 4, MAX_COUNT) })),
    }),
  ],
  double: [
    to('double_to_double', DOUBLE, DOUBLE, same),
    to('int64_to_double', INT, DOUBLE, toDouble),
    to('string_to_double', STRING, DOUBLE, toDouble),
    to('uint64_to_double', UINT, DOUBLE, toDouble),
  ],
  duration: [
    to('duration_to_duration', DURATION, DURATION, same),
    // cel-go declares it, and has no such conversion
    to('int64_to_duration', INT, DURATION, () =>
      error("type conversion error from 'int' to 'google.protobuf.Duration'"),
    ),
    to('string_to_duration', STRING, DURATION, span),
  ],
  dyn: [to('to_dyn', A, DYN, same)],
  int: [
    to('int64_to_int64', INT, INT, same),
    to('double_to_int64', DOUBLE, INT, toInt),
    to('duration_to_int64', DURATION, INT, toInt),
    to('string_to_int64', STRING, INT, toInt),
    to('timestamp_to_int64', TIMESTAMP, INT, toInt),
    to('uint64_to_int64', UINT, INT, toInt),
  ],
  string: [
    to('string_to_string', STRING, STRING, same),
    to('bool_to_string', BOOL, STRING, toText),
    func('bytes_to_string', [BYTES], STRING, toText, {
      ...RECODED,
      estimate: recoded(({ min, max }) => ({ min: Math.floor(min / 4), max })),
    }),
    to('double_to_string', DOUBLE, STRING, toText),
    to('duration_to_string', DURATION, STRING, toText),
    to('int64_to_string', INT, STRING, toText),
    to('timestamp_to_string', TIMESTAMP, STRING, toText),
    to('uint64_to_string', UINT, STRING, toText),
  ],
  timestamp: [
    to('timestamp_to_timestamp', TIMESTAMP, TIMESTAMP, same),
    to('int64_to_timestamp', INT, TIMESTAMP, (seconds: number | bigint) => timestampOf(Number(seconds))),
    to('string_to_timestamp', STRING, TIMESTAMP, time),
  ],
  type: [to('type', A, typeOf(A), (value: Value) => new TypeValue(typeName(value)))],
  uint: [
    to('uint64_to_uint64', UINT, UINT, same),
    to('double_to_uint64', DOUBLE, UINT, toUint),
    to('int64_to_uint64', INT, UINT, toUint),
    to('string_to_uint64', STRING, UINT, toUint),
  ],
};
