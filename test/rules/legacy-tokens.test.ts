import { expect, test } from 'vitest';
import { isDay } from '../../src/rules/legacy-tokens.ts';

test.each([
  ['2026-01-02', true],
  ['2024-02-29', true],
  ['2026-02-29', false],
  ['2026-02-31', false],
  ['2026-13-01', false],
  ['2026-00-10', false],
  ['2026-1-2', false],
  ['2026-01-02T00:00:00Z', false],
  [' 2026-01-02', false],
  ['', false],
  [undefined, false],
])('%j is a day: %s', (text, is) => expect(isDay(text)).toBe(is));
