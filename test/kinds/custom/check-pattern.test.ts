import { expect, it } from 'vitest';
import { checkPattern, withPatternSteps } from '../../../src/kinds/custom/check-pattern.ts';

const texts = (count: number, text: string): string[] => Array.from({ length: count }, () => text);
const refused = (pattern: string, values: readonly string[]): number =>
  withPatternSteps(() => values.filter((value) => checkPattern(value, pattern, 'a').length).length);

it('one object may search many texts, or with a large pattern, and not both', () => {
  expect(refused('^([a-z]|b)+$', texts(50_000, 'abcdefghijklmnop'))).toBe(0);
  expect(refused('^[ab]{0,500}$', texts(100, 'abababab'))).toBe(0);
  expect(refused('^[ab]{0,500}$', texts(50_000, 'abababab'))).toBeGreaterThan(40_000);
  // the next begins anew
  expect(refused('^[ab]{0,500}$', texts(100, 'abababab'))).toBe(0);
});

it('says what a text should match, and why it was not looked at', () => {
  const [mismatch] = withPatternSteps(() => checkPattern('x', '^a$', 'spec.a'));
  expect(mismatch?.body).toBe(`Invalid value: "x": spec.a in body should match '^a$'`);
  const [bad] = withPatternSteps(() => checkPattern('x', '(', 'spec.a'));
  expect(bad?.body).toBe(
    `Invalid value: "x": spec.a in body should match '(, but pattern is invalid: error parsing regexp: missing closing ): \`(\`'`,
  );
});
