import { describe, expect, test } from 'vitest';
import type { Taint, Toleration } from '../../schema/types.ts';
import { covers, isHardTaint, tolerates } from '../../src/rules/tolerations.ts';

const taint: Taint = { key: 'k', value: 'v', effect: 'NoSchedule' };

describe('a toleration', () => {
  test.each<[Toleration, boolean]>([
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }, true],
    [{ key: 'k', operator: 'Equal', value: 'w' }, false],
    [{ key: 'k', operator: 'Equal' }, false],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'l', operator: 'Exists' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ operator: 'Equal', value: 'v' }, true],
    [{ key: 'k', operator: 'Gt', value: '1' }, false],
  ])('%j: %s', (toleration, expected) => expect(covers(toleration, taint)).toBe(expected));

  test.each<[string, string, boolean]>([
    ['Gt', '5', false],
    ['Lt', '15', false],
  ])('compares no numbers: %s %s', (operator, value, expected) => {
    const number: Taint = { key: 'k', value: '10', effect: 'NoSchedule' };
    expect(covers({ key: 'k', operator: operator as 'Gt', value }, number)).toBe(expected);
  });

  test('is one of several', () => {
    expect(tolerates([{ key: 'l' }, { key: 'k', operator: 'Exists' }], taint)).toBe(true);
    expect(tolerates([{ key: 'l' }], taint)).toBe(false);
    expect(tolerates(undefined, taint)).toBe(false);
  });
});

test.each([
  ['NoSchedule', true],
  ['NoExecute', true],
  ['PreferNoSchedule', false],
] as const)('%s keeps pods off: %s', (effect, expected) => expect(isHardTaint({ key: 'k', effect })).toBe(expected));
