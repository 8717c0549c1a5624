import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { base64Problem, isBase64 } from '../../go/base64.ts';
import { parseDuration } from '../../go/duration.ts';
import { isRoundedToInteger, notADouble, stringifyExact } from '../../go/json-numbers.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { canonicalMicroTime, isTime } from '../../meta/time.ts';
import { WritesJson } from '../json-text.ts';

/** A value that is none of the scalar; `why` ends the sentence. */
function refuse(name: string, value: unknown, why: string): never {
  const text = stringifyExact(value) ?? String(value);
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new GraphQLError(`${name} cannot represent ${shown}: ${why}`);
}

/** @param parse what the pipeline gets of what a client sent; throws GraphQLError */
const scalar = (name: string, description: string, parse: (value: unknown) => unknown): GraphQLScalarType =>
  new GraphQLScalarType({
    name,
    description,
    // What the API answers is already right: it is passed on by reference, unlooked at.
    serialize: (value) => (value instanceof WritesJson ? value.toJSON() : value),
    parseValue: parse,
    parseLiteral: (node, variables) => parse(literal(node, variables ?? {})),
  });

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const isInt64 = (value: bigint): boolean => value >= INT64.min && value <= INT64.max;
/** A bigint only where a number would not say it exactly. */
const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** Digits of an integer of 64 bits, at most. */
const MAX_DIGITS = 20;

/** The value of a literal: integers of 64 bits as they are. Throws for numbers that cannot be held. */
function literal(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.INT: {
      const number = Number(node.value);
      if (Number.isSafeInteger(number)) return number;
      if (!Number.isFinite(number)) throw new GraphQLError(notADouble(node.value), { nodes: node });
      const whole = node.value.length <= MAX_DIGITS ? BigInt(node.value) : undefined;
      if (whole === undefined || !isInt64(whole))
        throw new GraphQLError(`${shortened(node.value)} is beyond integers of 64 bits`, { nodes: node });
      return whole;
    }
    case Kind.FLOAT: {
      const number = Number(node.value);
      if (!Number.isFinite(number)) throw new GraphQLError(notADouble(node.value), { nodes: node });
      if (isRoundedToInteger(node.value)) throw new GraphQLError(notAnInteger(node.value), { nodes: node });
      return number;
    }
    case Kind.LIST:
      return node.values.map((item) => literal(item, variables) ?? null);
    case Kind.OBJECT: {
      const object: Record<string, unknown> = {};
      for (const { name, value } of node.fields) {
        // a variable that is not given is a field that is not there
        const part = literal(value, variables);
        if (part === undefined) continue;
        Object.defineProperty(object, name.value, {
          value: part,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return object;
    }
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** What is said of a number that would be held as an integer and is none. */
export const notAnInteger = (text: string): string => `${shortened(text)} cannot be held exactly: it is no integer`;

const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' ? isInt64(value) : typeof value === 'number' && Number.isSafeInteger(value);

export const JSONScalar = scalar('JSON', 'Any JSON value; integers of 64 bits are exact.', (value) => value);

export const QuantityScalar = scalar('Quantity', 'A number with a unit: "100m", "1Gi", 2.', (value) => {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text !== 'string') return refuse('Quantity', value, 'it must be text or a number');
  try {
    parseQuantity(text);
  } catch (error) {
    return refuse('Quantity', value, (error as Error).message);
  }
  return text;
});

export const IntOrStringScalar = scalar('IntOrString', 'An integer or a string: 80, "http", "25%".', (value) =>
  typeof value === 'string' || isInteger(value)
    ? value
    : refuse('IntOrString', value, 'it must be an integer that can be held exactly, or text'),
);

export const Int64Scalar = scalar(
  'Int64',
  'An integer of 64 bits, exact: a number, or its digits as text. Who reads JSON with doubles should read it as text.',
  (value) => {
    if (isInteger(value)) return value;
    if (typeof value === 'string' && value.length <= MAX_DIGITS && /^-?\d+$/.test(value)) {
      const whole = BigInt(value);
      if (isInt64(whole)) return exact(whole);
    }
    return refuse('Int64', value, 'it must be an integer from -2^63 to 2^63-1 that can be held exactly');
  },
);

export const TimeScalar = scalar('Time', 'A time of RFC 3339, in whole seconds: "2026-01-02T03:04:05Z".', (value) =>
  typeof value === 'string' && isTime(value) ? value : refuse('Time', value, 'it must be a time of RFC 3339'),
);

export const MicroTimeScalar = scalar(
  'MicroTime',
  'A time of RFC 3339 with microseconds: "2026-01-02T03:04:05.000006Z".',
  (value) =>
    typeof value === 'string' && isMicroTime(value)
      ? value
      : refuse('MicroTime', value, 'it must be a time of RFC 3339 with six digits of a second'),
);

function isMicroTime(text: string): boolean {
  try {
    canonicalMicroTime(text);
    return true;
  } catch {
    return false;
  }
}

export const DurationScalar = scalar('Duration', 'A length of time as Go writes it: "1h30m", "250ms".', (value) =>
  typeof value === 'string' && parseDuration(value) !== undefined
    ? value
    : refuse('Duration', value, 'it must be numbers with units, such as "300ms" or "1h45m"'),
);

export const Base64Scalar = scalar('Base64', 'Bytes in base64 (RFC 4648, padded).', (value) => {
  if (typeof value !== 'string') return refuse('Base64', value, 'it must be text');
  if (isBase64(value)) return value;
  return refuse('Base64', value, `what stands at ${base64Problem(value)} is no base64`);
});

/** Scalars that pass on what the API answers as it is. */
export const OUR_SCALARS: ReadonlySet<string> = new Set(
  [
    JSONScalar,
    QuantityScalar,
    IntOrStringScalar,
    Int64Scalar,
    TimeScalar,
    MicroTimeScalar,
    DurationScalar,
    Base64Scalar,
  ].map(({ name }) => name),
);
