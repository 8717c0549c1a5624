import { describe, expect, it } from 'vitest';
import { controllerSettings } from '../../src/start/controller-options.ts';

const FLAG = 'legacy-service-account-token-clean-up-period';

describe('options of controllers', () => {
  it.each([
    [undefined, undefined],
    ['8760h', 8760 * 3_600_000],
    ['1h30m', 5_400_000],
    ['0', 0],
  ])('take %s as the time that unused tokens have', (text, ms) => {
    expect(controllerSettings({ [FLAG]: text })).toEqual({ legacyTokenCleanUp: ms });
  });

  it('refuse what is no duration', () => {
    expect(() => controllerSettings({ [FLAG]: 'a year' })).toThrow(`--${FLAG}: time: invalid duration "a year"`);
  });
});
