import { quote } from '../../go/quote.ts';
import {
  adapt,
  CelError,
  Double,
  Duration,
  error,
  isInt,
  isList,
  isMap,
  mapGet,
  mapKeys,
  Timestamp,
  Uint,
  type Value,
} from '../values.ts';
import { work } from '../work.ts';
import { toText, typeName } from './conversions.ts';

/** Why a text cannot be formatted. */
export class FormatError extends Error {}

/** A clause of a format: `%s`, `%.2f`. */
export interface Clause {
  readonly verb: string;
  readonly precision: number | undefined;
}
const DIGITS = 6;
/** Of showing one value. */
const ITEM_WORK = 25;
const MAX_DIGITS = 100;

/**
 * Splits a format into what stands and what is to be filled in.
 * @param count how many arguments there are
 * @param fill gives the text of a clause with the argument of that place; throws FormatError
 */
export function fillIn(format: string, count: number, fill: (clause: Clause, at: number) => string): string {
  let built = '';
  let at = 0;
  for (let i = 0; i < format.length;) {
    const next = format.indexOf('%', i);
    if (next < 0) return built + format.slice(i);
    built += format.slice(i, next);
    if (format[next + 1] === '%') {
      built += '%';
      i = next + 2;
      continue;
    }
    if (at >= count) throw new FormatError(`index ${at} out of range`);
    if (next + 1 >= format.length) throw new FormatError('unexpected end of string');
    const { clause, end } = clauseAt(format, next + 1);
    built += fill(clause, at++);
    i = end;
  }
  return built;
}
function clauseAt(format: string, from: number): { clause: Clause; end: number } {
  let at = from;
  let precision: number | undefined;
  const unread = (why: string): FormatError => new FormatError(`could not parse formatting clause: ${why}`);
  if (format[at] === '.') {
    const [digits = ''] = /^\d*/.exec(format.slice(at + 1)) ?? [];
    at += 1 + digits.length;
    if (at >= format.length) throw unread('error while parsing precision: could not find end of precision specifier');
    if (digits === '')
      throw unread(
        'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
      );
    precision = Number(digits);
  }
  const verb = String.fromCodePoint(format.codePointAt(at) as number);
  if (!'sdfebxXo'.includes(verb)) throw unread(`unrecognized formatting clause "${verb}"`);
  return { clause: { verb, precision }, end: at + verb.length };
}

const ONLY: Readonly<Record<string, string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ',
  d: 'decimal clause can only be used on integers, was given ',
  f: 'fixed-point clause can only be used on doubles, was given ',
  e: 'scientific clause can only be used on doubles, was given ',
  b: 'only integers and bools can be formatted as binary, was given ',
  x: 'only integers, byte buffers, and strings can be formatted as hex, was given ',
  X: 'only integers, byte buffers, and strings can be formatted as hex, was given ',
  o: 'octal clause can only be used on integers, was given ',
};
/** What a clause says to a type that it cannot show. */
export const refusal = (verb: string, type: string): FormatError =>
  new FormatError(`error during formatting: ${ONLY[verb]}${type}`);

/** `format.format(list)` */
export function formatText(format: string, list: readonly unknown[]): Value {
  try {
    const text = fillIn(format, list.length, (clause, at) => show(clause, adapt(list[at])));
    work(ITEM_WORK * list.length + text.length / 4);
    return text;
  } catch (failure) {
    if (failure instanceof FormatError) return error(failure.message);
    throw failure;
  }
}

function show({ verb, precision }: Clause, value: Value): string {
  switch (verb) {
    case 's':
      return asText(value);
    case 'd':
      if (isInt(value)) return String(value);
      if (value instanceof Uint) return String(value.value);
      break;
    case 'f':
    case 'e': {
      const number = value instanceof Double ? value.value : special(value);
      if (number !== undefined) return digits(number, Math.min(precision ?? DIGITS, MAX_DIGITS), verb);
      break;
    }
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return inBase(value, 2, verb);
    case 'o':
      return inBase(value, 8, verb);
    default:
      return hex(value, verb);
  }
  throw refusal(verb, typeName(value));
}
const special = (value: Value): number | undefined =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
function digits(value: number, precision: number, verb: string): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  if (verb === 'f') {
    const [whole = '', fraction] = value.toFixed(precision).split('.');
    // toFixed writes at most 22 digits
    const grouped = whole.replaceAll(/\B(?=(?:\d{3}){1,7}$)/g, ',');
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
  }
  const [mantissa = '', power = ''] = value.toExponential(precision).split('e');
  const raised = [...power.slice(1).padStart(2, '0')].map((digit) => RAISED[Number(digit)]).join('');
  return `${mantissa}×10${power.startsWith('-') ? '⁻' : ''}${raised}`;
}
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';
function inBase(value: Value, base: number, verb: string): string {
  const number = value instanceof Uint ? value.value : value;
  if (isInt(number)) return number.toString(base);
  throw refusal(verb, typeName(value));
}
function hex(value: Value, verb: string): string {
  const text =
    typeof value === 'string' || value instanceof Uint8Array
      ? Buffer.from(value as string).toString('hex')
      : inBase(value, 16, verb);
  return verb === 'X' ? text.toUpperCase() : text;
}

function asText(value: Value): string {
  if (value === null) return 'null';
  if (isList(value)) return listText(value);
  if (isMap(value)) return mapText(value);
  const text = toText(value);
  if (typeof text === 'string') return text;
  throw text instanceof CelError && value instanceof Uint8Array
    ? new FormatError(`error during formatting: could not convert argument "${text.message}" to string`)
    : refusal('s', typeName(value));
}
const listText = (list: readonly unknown[]): string => {
  work(list.length * ITEM_WORK);
  return `[${list.map((item) => inside(adapt(item))).join(', ')}]`;
};
function mapText(map: Parameters<typeof mapKeys>[0]): string {
  const keys = mapKeys(map);
  work(keys.length * 2 * ITEM_WORK);
  const pairs = keys.map((key): [string, string] => {
    if (key instanceof Double)
      throw new FormatError(`error during formatting: no formatting function for map key of type ${typeName(key)}`);
    return [inside(key), inside(mapGet(map, key) as Value)];
  });
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${pairs.map(([key, value]) => `${key}:${value}`).join(', ')}}`;
}
/** A value within a list or a map: texts are quoted. */
function inside(value: Value): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof Uint8Array) return `b${quote(asText(value))}`;
  if (value instanceof Timestamp) return `timestamp(${quote(asText(value))})`;
  if (value instanceof Duration) return `duration(${quote(asText(value))})`;
  if (value instanceof Double) {
    const { value: number } = value;
    return Number.isFinite(number)
      ? number.toFixed(DIGITS)
      : quote(Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf');
  }
  return asText(value);
}
