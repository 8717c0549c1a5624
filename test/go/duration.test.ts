import { describe, expect, test } from 'vitest';
import { durationError, parseDuration } from '../../src/go/duration.ts';

describe('what is no duration', () => {
  test.each([
    ['x', 'time: invalid duration "x"'],
    ['', 'time: invalid duration ""'],
    ['1', 'time: missing unit in duration "1"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['1x', 'time: unknown unit "x" in duration "1x"'],
    ['-2days', 'time: unknown unit "days" in duration "-2days"'],
    ['1s ', 'time: unknown unit "s " in duration "1s "'],
  ])('%j', (text, why) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(durationError(text)).toBe(why);
  });
});
