import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isExact, NumberToken, parseExact, parseWithTokens, stringifyExact } from '../../src/meta/json-numbers.ts';

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
        const text = stringifyExact({ inner });
        expect(parseExact(text)).toEqual({ inner });
        expect(text.includes('inner')).toBe(true);
        if (isExact(Buffer.from(text))) expect(text.endsWith(' }')).toBe(true);
        else expect(JSON.parse(text)).toEqual({ inner });
      }),
      { numRuns: 300 },
    );
  });
});
