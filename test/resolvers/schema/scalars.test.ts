import { parseConstValue, type GraphQLScalarType } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  Base64Scalar,
  DurationScalar,
  Int64Scalar,
  IntOrStringScalar,
  JSONScalar,
  MicroTimeScalar,
  QuantityScalar,
  TimeScalar,
} from '../../../src/resolvers/schema/scalars.ts';

const literal = (scalar: GraphQLScalarType, text: string): unknown => scalar.parseLiteral(parseConstValue(text));

test.each([
  [Int64Scalar, '9007199254740995', 9007199254740995n],
  [Int64Scalar, '"9007199254740995"', 9007199254740995n],
  [Int64Scalar, '-9223372036854775808', -(2n ** 63n)],
  [Int64Scalar, '"12"', 12],
  [IntOrStringScalar, '"25%"', '25%'],
  [IntOrStringScalar, '80', 80],
  [QuantityScalar, '"1.5Gi"', '1.5Gi'],
  [QuantityScalar, '2', '2'],
  [TimeScalar, '"2026-01-02T03:04:05+01:00"', '2026-01-02T03:04:05+01:00'],
  [MicroTimeScalar, '"2026-01-02T03:04:05.000006Z"', '2026-01-02T03:04:05.000006Z'],
  [DurationScalar, '"1h30m"', '1h30m'],
  [Base64Scalar, '"YQ=="', 'YQ=='],
  [JSONScalar, '{a: [9007199254740995, 1.5, null, "x", true]}', { a: [9007199254740995n, 1.5, null, 'x', true] }],
])('%s takes %s', (scalar, text, value) => expect(literal(scalar, text)).toEqual(value));

test.each([
  [Int64Scalar, '9223372036854775808', 'beyond integers of 64 bits'],
  [Int64Scalar, '"9223372036854775808"', 'Int64 cannot represent "9223372036854775808"'],
  [Int64Scalar, '1.5', 'Int64 cannot represent 1.5'],
  [Int64Scalar, '"1e3"', 'Int64 cannot represent "1e3"'],
  [IntOrStringScalar, '1.5', 'IntOrString cannot represent 1.5'],
  [QuantityScalar, '"1.5Qi"', 'Quantity cannot represent "1.5Qi"'],
  [TimeScalar, '"yesterday"', 'Time cannot represent "yesterday"'],
  [MicroTimeScalar, '"2026-01-02T03:04:05Z"', 'MicroTime cannot represent'],
  [DurationScalar, '"1 hour"', 'Duration cannot represent "1 hour"'],
  [Base64Scalar, '"a"', 'Base64 cannot represent "a"'],
  [JSONScalar, '[1e999]', 'cannot unmarshal number 1e999'],
  [JSONScalar, '{a: 99999999999999999999}', 'beyond integers of 64 bits'],
])('%s refuses %s', (scalar, text, why) => expect(() => literal(scalar, text)).toThrow(why));

describe('any integer of 64 bits', () => {
  test('is the same as a literal, as text and as a value, and refused beyond', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let i = 0; i < 2000; i++) {
      const bits = BigInt(Math.floor(random() * 70));
      const value = BigInt.asIntN(71, (1n << bits) + BigInt(Math.floor(random() * 1000) - 500));
      const whole = value >= -(2n ** 63n) && value < 2n ** 63n;
      for (const text of [`${value}`, `"${value}"`]) {
        if (whole) expect(BigInt(literal(Int64Scalar, text) as bigint)).toBe(value);
        else expect(() => literal(Int64Scalar, text)).toThrow();
      }
      if (whole) expect(BigInt(Int64Scalar.parseValue(value) as bigint)).toBe(value);
    }
  });
});
