import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantity,
  canonicalQuantity,
  compareAmounts,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  QuantityError,
  quantityMilli,
  quantityValue,
  subtractQuantity,
} from '../../src/meta/quantity.ts';

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2');
const number = fc.oneof(
  fc.integer({ min: 0, max: 1e9 }).map(String),
  fc.tuple(fc.nat(9999), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
);
const quantity = fc.tuple(fc.constantFrom('', '-', '+'), number, suffix).map((parts) => parts.join(''));

describe('quantities', () => {
  test.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['100', '100'],
    ['1000', '1k'],
    ['0', '0'],
    ['0Mi', '0'],
    ['512', '512'],
    ['2048', '2048'],
    ['0.1Ki', '102400m'],
    ['1e3', '1e3'],
    ['12e6', '12e6'],
    ['1E', '1E'],
    ['100E', '100E'],
    ['1Ki', '1Ki'],
    ['-1.5', '-1500m'],
    ['+3', '3'],
    ['1.0', '1'],
    ['123456789', '123456789'],
    ['1u', '1u'],
    ['0.0000000001', '1n'],
    ['1500Ki', '1500Ki'],
  ])('%s is written as %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical));
  test.each(['', 'abc', '1.2.3', '5 Gi', '1Xi', '--1', '10 '])('%j is refused', (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError);
  });
  test('the canonical text means the same and is a fixed point', () => {
    fc.assert(
      fc.property(quantity, (text) => {
        const canonical = canonicalQuantity(text);
        expect(parseQuantity(canonical).nano).toBe(parseQuantity(text).nano);
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });
  test('numbers are the same whether a text is read quickly or exactly', () => {
    fc.assert(
      fc.property(quantity, (text) => {
        expect(quantityValue(text)).toBe(quantityValue(parseQuantity(text)));
        expect(quantityMilli(text)).toBe(quantityMilli(parseQuantity(text)));
      }),
    );
    for (const text of ['9999999Gi', '9999999Mi', '1234567m', '0Ki'])
      expect([quantityValue(text), quantityMilli(text)]).toEqual([
        quantityValue(parseQuantity(text)),
        quantityMilli(parseQuantity(text)),
      ]);
  });
  test('the order of two texts is that of what they say', () => {
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        expect(Math.sign(compareAmounts(a, b))).toBe(compareQuantity(parseQuantity(a), parseQuantity(b)));
      }),
    );
    for (const [a, b, order] of [
      ['1', '1000m', 0],
      ['1Gi', '1024Mi', 0],
      ['9999999Gi', '9999998Gi', 1],
      ['1G', '1Gi', -1],
    ] as const)
      expect(Math.sign(compareAmounts(a, b)), `${a} and ${b}`).toBe(order);
    expect(() => compareAmounts('1', 'abc')).toThrow(QuantityError);
  });
  test('sums undo differences, and order agrees with them', () => {
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        const [x, y] = [parseQuantity(a), parseQuantity(b)];
        expect(subtractQuantity(addQuantity(x, y), y).nano).toBe(x.nano);
        expect(Math.sign(compareQuantity(x, y))).toBe(
          Number(subtractQuantity(x, y).nano > 0n) - Number(subtractQuantity(x, y).nano < 0n),
        );
      }),
    );
  });
  test('counts are rounded up', () => {
    expect(quantityValue('1001m')).toBe(2);
    expect(quantityValue('1Ki')).toBe(1024);
    expect(quantityMilli('0.0001')).toBe(1);
    expect(quantityMilli('2')).toBe(2000);
    expect(formatQuantity(addQuantity(parseQuantity('0'), parseQuantity('1Gi')))).toBe('1Gi');
  });
  test.each([['9'.repeat(2_000_000)], [`0.${'9'.repeat(2_000_000)}`], [`${' '.repeat(1)}${'0'.repeat(2_000_000)}x`]])(
    'no quantity has so many digits (%#)',
    (text) => expect(() => parseQuantity(text)).toThrow(QuantityError),
  );
  test('factors of ten are found in few steps', () => {
    const zeros = '0'.repeat(1000);
    expect(canonicalQuantity(`1${zeros}`)).toBe(`10${'0'.repeat(981)}E`);
    expect(canonicalQuantity(`12${zeros}e0`)).toBe('120e999');
    expect(canonicalQuantity('-1024Ki')).toBe('-1Mi');
  });
});
