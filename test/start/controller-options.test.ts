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
    expect(controllerSettings({ [FLAG]: text })).toMatchObject({ legacyTokenCleanUp: ms });
  });

  it('take the time between two looks at an autoscaler, which is not none', () => {
    const flag = 'horizontal-pod-autoscaler-sync-period';
    expect(controllerSettings({})).toMatchObject({ autoscalerPeriod: undefined });
    expect(controllerSettings({ [flag]: '1s' })).toMatchObject({ autoscalerPeriod: 1000 });
    for (const none of ['0s', '-1s'])
      expect(() => controllerSettings({ [flag]: none })).toThrow(`--${flag}: ${none} is no time to wait`);
  });

  it('refuse what is no duration', () => {
    expect(() => controllerSettings({ [FLAG]: 'a year' })).toThrow(`--${FLAG}: time: invalid duration "a year"`);
  });

  const MASK = 'node-cidr-mask-size';
  const ranges = (flags: object) => controllerSettings({ 'allocate-node-cidrs': 'true', ...flags }).nodeCidrs;

  it.each([
    [{ 'cluster-cidr': '10.244.0.0/16' }, [24]],
    [{ 'cluster-cidr': 'fd00::/48' }, [64]],
    [{ 'cluster-cidr': '10.244.0.0/16', [MASK]: '26' }, [26]],
    [{ 'cluster-cidr': '10.244.0.0/16', [`${MASK}-ipv4`]: '25' }, [25]],
    [{ 'cluster-cidr': 'fd00::/56,10.244.0.0/16', [`${MASK}-ipv4`]: '25', [`${MASK}-ipv6`]: '60' }, [60, 25]],
  ])('divide ranges of nodes: %j', (flags, masks) => {
    expect(ranges(flags)?.map(({ mask }) => mask)).toEqual(masks);
  });

  it('give nodes no ranges when nobody asks for it', () => {
    expect(controllerSettings({ 'cluster-cidr': '10.244.0.0/16' }).nodeCidrs).toBeUndefined();
  });

  it.each([
    [{ 'allocate-node-cidrs': 'yes' }, 'is neither true nor false'],
    [{}, '--allocate-node-cidrs needs --cluster-cidr'],
    [{ 'cluster-cidr': '10.244.0.0' }, 'invalid CIDR address: 10.244.0.0'],
    [{ 'cluster-cidr': '10.244.0.0/16,10.245.0.0/16' }, 'neither one range nor one of each family'],
    [{ 'cluster-cidr': '10.244.0.0/16', [MASK]: '15' }, 'the node CIDR size is too big'],
    [{ 'cluster-cidr': '10.244.0.0/16', [MASK]: 'x' }, 'is not a length of a prefix'],
    [{ 'cluster-cidr': '10.244.0.0/16,fd00::/56', [MASK]: '24' }, 'is not allowed with dual-stack clusters'],
    [{ 'cluster-cidr': '10.244.0.0/16', [MASK]: '24', [`${MASK}-ipv4`]: '24' }, `is not allowed if --${MASK} is set`],
    [{ 'cluster-cidr': '10.244.0.0/16', [`${MASK}-ipv6`]: '64' }, 'is not allowed for a single-stack IPv4 cluster'],
    [{ 'cluster-cidr': 'fd00::/56', [`${MASK}-ipv4`]: '24' }, 'is not allowed for a single-stack IPv6 cluster'],
  ])('refuse %j', (flags, why) => {
    expect(() => ranges(flags)).toThrow(why);
  });
});
