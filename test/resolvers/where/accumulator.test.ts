import { describe, expect, test } from 'vitest';
import { Accumulator, type Reduction } from '../../../src/resolvers/where/aggregate/accumulator.ts';
import { SCALAR_VALUES } from '../../../src/resolvers/where/scalar-values.ts';

type Type = keyof typeof SCALAR_VALUES;

describe('what is reckoned of values', () => {
  test.each<[Type, Reduction, unknown[], unknown]>([
    ['quantity', 'sum', ['0.1', '0.2', '100m'], '400m'],
    ['quantity', 'sum', ['1n', '1'], '1000000001n'],
    ['quantity', 'sum', ['512Mi', '1536Mi'], '2Gi'],
    ['quantity', 'sum', ['1Gi', '1M'], '1074741824'],
    ['quantity', 'sum', [], '0'],
    ['quantity', 'avg', ['1', '1', '2'], '1333m'],
    ['quantity', 'avg', ['1Mi', '2Mi', '2Mi'], '1747627'],
    ['quantity', 'avg', ['1n', '2n'], '2n'],
    ['quantity', 'max', ['900Mi', '1Gi', '1000M'], '1Gi'],
    ['quantity', 'min', ['900Mi', '1Gi', '100'], '100'],
    ['int64', 'sum', [2 ** 53 - 1, 1, 1], '9007199254740993'],
    ['int64', 'sum', [9007199254740993n, -2], '9007199254740991'],
    ['int32', 'sum', [1, 2, 3], 6],
    ['int32', 'avg', [1, 2], 1.5],
    ['int32', 'avg', [], undefined],
    ['double', 'sum', [0.5, 0.25], 0.75],
    ['duration', 'sum', ['1m', '30s'], '1m30s'],
    ['time', 'max', ['2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z'], '2026-01-01T00:00:00Z'],
    ['string', 'min', ['b', 'a', 3], 'a'],
    ['string', 'max', [], undefined],
  ])('%s %s of %o: %s', (type, reduction, values, expected) => {
    const accumulator = new Accumulator({ type, values: SCALAR_VALUES[type] });
    for (const value of values) accumulator.add(value);
    const shown = accumulator.of(reduction)?.shown;
    expect(typeof shown === 'number' && typeof expected === 'string' ? String(shown) : shown).toBe(expected);
  });
});
