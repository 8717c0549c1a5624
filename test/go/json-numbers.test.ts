import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isRoundedToInteger,
  NumberToken,
  parseExact,
  parseWithTokens,
  stringifyExact,
  stringifyMarked,
} from '../../src/go/json-numbers.ts';

describe('numbers in JSON', () => {
  test.each([
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775808', 9223372036854775808],
    ['9007199254740991', 9007199254740991],
    ['1.0', 1],
    ['1e3', 1000],
    ['0.1234567890123456789', 0.12345678901234568],
  ])('%s is read as it is where 64 bits hold it', (text, value) => {
    expect(parseExact(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });
  test.each(['1.', '01.5', '0.1.0', '1e', '1e+', '--1.5', '-.5', '1.5e1.5', '1-2.0'])('%s is none', (text) => {
    expect(() => parseWithTokens(`{"a":${text}}`)).toThrow(SyntaxError);
  });
  test('tokens keep the text of a number that is no plain integer', () => {
    const value = parseWithTokens('{"a":1.0,"b":"1.0","c":7,"d":"\\"9007199254740993"}') as Record<string, unknown>;
    expect([(value['a'] as NumberToken).text, value['b'], value['c'], value['d']]).toEqual([
      '1.0',
      '1.0',
      7,
      '"9007199254740993',
    ]);
  });
  test('what is written is read back, and says whether a double would do', () => {
    const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const unsafe = integers.filter((n) => !Number.isSafeInteger(Number(n)));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        unsafe,
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, (inner) => {
        const { text, exact } = stringifyMarked({ inner });
        expect(text).toBe(stringifyExact({ inner }));
        expect(parseExact(text)).toEqual({ inner });
        expect(parseExact(stringifyExact({ inner }, 2))).toEqual({ inner });
        if (!exact) expect(JSON.parse(text)).toEqual({ inner });
        else expect(() => JSON.stringify({ inner })).toThrow(TypeError);
      }),
      { numRuns: 300 },
    );
  });
  test('what JSON.stringify refuses for another reason is refused', () => {
    const circle: Record<string, unknown> = { big: 9007199254740993n };
    circle['self'] = circle;
    expect(() => stringifyExact(circle)).toThrow(TypeError);
    const failing = {
      toJSON() {
        throw new RangeError('no');
      },
    };
    expect(() => stringifyMarked(failing)).toThrow(RangeError);
  });
});

test.each([
  ['1.00000000000000000001', true],
  ['-0.99999999999999999999', true],
  ['9007199254740991.9', true],
  ['10000000000000000.5e-15', true],
  ['1e-400', true],
  ['1.50', false],
  ['1.0', false],
  ['-100E-2', false],
  ['-0.0', false],
  ['0e-9', false],
  ['1.7976931348623157e308', false],
  ['1e400', false],
])('%s is rounded to an integer: %s', (text, rounded) => {
  expect(isRoundedToInteger(text)).toBe(rounded);
});
