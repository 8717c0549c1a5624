import { parseDuration } from '../../go/duration.ts';
import type { ScalarSchema } from '../../kinds/schema.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { timeMicroseconds } from '../../meta/time.ts';

/** A value in a form of which two can be compared. */
export type Comparable = string | number | bigint | boolean | Ranked;

/** Of a type whose values are of several sorts: all of one sort come before all of the next, and compare with no other. */
export interface Ranked {
  sort: number;
  value: number | string;
}

/** How the values of one scalar type are compared: by what they mean, and not as text. */
export interface ScalarValues {
  /** what such a value is called: "an integer" */
  readonly noun: string;
  /** of what a condition compares with; undefined: it is none of the type */
  operand(given: unknown): Comparable | undefined;
  /** of what an object has; undefined: it is none of the type, or absent */
  read(stored: unknown): Comparable | undefined;
  /** whether two values have an order, or can only be equal */
  readonly ordered: boolean;
  /** whether it is text, of which parts can be asked for */
  readonly text: boolean;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

const text: ScalarValues = {
  noun: 'a string',
  operand: asText,
  read: asText,
  ordered: true,
  text: true,
};

const number = (noun: string, operand: ScalarValues['operand']): ScalarValues => ({
  noun,
  operand,
  read: (stored) => (isNumber(stored) ? stored : undefined),
  ordered: true,
  text: false,
});

const memoized = (noun: string, parse: (text: string) => Comparable | undefined): ScalarValues => {
  const read = remembered(parse);
  return {
    noun,
    operand: (given) => (typeof given === 'string' ? parse(given) : isNumber(given) ? parse(String(given)) : undefined),
    read: (stored) => (typeof stored === 'string' ? read(stored) : isNumber(stored) ? read(String(stored)) : undefined),
    ordered: true,
    text: false,
  };
};

const instant = memoized('a time in RFC 3339', timeMicroseconds);

/** What the values of a field mean: its format says more than its type, where a definition has given it one. */
export const meaningOf = ({ type, format }: ScalarSchema): ScalarSchema['type'] => format ?? type;

export const SCALAR_VALUES: Readonly<Record<ScalarSchema['type'], ScalarValues>> = {
  string: text,
  bytes: { ...text, noun: 'base64', ordered: false, text: false },
  boolean: { noun: 'true or false', operand: asBoolean, read: asBoolean, ordered: false, text: false },
  int32: number('an integer', (given) => (Number.isInteger(given) ? (given as number) : undefined)),
  int64: number('an integer', integer),
  double: number('a number', (given) => (typeof given === 'number' && Number.isFinite(given) ? given : undefined)),
  quantity: memoized('a quantity', nano),
  time: instant,
  microTime: instant,
  duration: memoized('a duration', nanoseconds),
  intOrString: {
    noun: 'an integer or a string',
    operand: numberOrText,
    read: numberOrText,
    ordered: true,
    text: false,
  },
};

/** Below 0, 0, above 0; NaN for what has no order among itself. */
export function compareValues(a: Comparable, b: Comparable): number {
  if (typeof a === 'object') {
    if (typeof b !== 'object' || a.sort !== b.sort) return NaN;
    return compareValues(a.value, b.value);
  }
  if (typeof b === 'object') return NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same for an order of all values of a type: one sort after the other. */
export const compareKeys = (a: Comparable, b: Comparable): number =>
  typeof a === 'object' && typeof b === 'object' && a.sort !== b.sort ? a.sort - b.sort : compareValues(a, b);

/** Equal values have the same. */
export const identityOf = (value: Comparable): string | number | bigint | boolean =>
  typeof value === 'object' ? `${value.sort}:${value.value}` : value;

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** Exact: numbers and bigints compare by value. */
function integer(given: unknown): number | bigint | undefined {
  if (typeof given === 'bigint' || Number.isSafeInteger(given)) return given as number | bigint;
  return typeof given === 'string' && /^-?\d{1,20}$/.test(given) ? BigInt(given) : undefined;
}

/** Numbers by value, `25%` among percentages, names as text. Digits in quotes are a number, as IntValue of Kubernetes reads them. */
function numberOrText(value: unknown): Ranked | undefined {
  if (typeof value === 'number') return { sort: 0, value };
  if (typeof value === 'bigint') return { sort: 0, value: Number(value) };
  if (typeof value !== 'string') return undefined;
  if (/^-?\d{1,15}$/.test(value)) return { sort: 0, value: Number(value) };
  if (/^\d{1,15}%$/.test(value)) return { sort: 1, value: Number(value.slice(0, -1)) };
  return { sort: 2, value };
}

/** Whole ones, so that `60m` is `1h` whatever was added up. */
function nanoseconds(duration: string): number | undefined {
  const ms = parseDuration(duration);
  return ms === undefined ? undefined : Math.round(ms * 1e6);
}

function nano(quantity: string): bigint | undefined {
  try {
    return parseQuantity(quantity).nano;
  } catch {
    return undefined;
  }
}

/** Texts of which one type's meaning is remembered, and the longest of them: most are those of many objects. */
const MAX_REMEMBERED = 8192;
const MAX_LENGTH = 64;

function remembered(parse: (text: string) => Comparable | undefined): (text: string) => Comparable | undefined {
  const known = new Map<string, Comparable | undefined>();
  return (text) => {
    let value = known.get(text);
    if (value !== undefined || text.length > MAX_LENGTH) return value ?? parse(text);
    value = parse(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, value);
    return value;
  };
}
