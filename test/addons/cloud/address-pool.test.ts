import { describe, expect, it } from 'vitest';
import { AddressPool } from '../../../src/addons/cloud/local/address-pool.ts';

/** All that a pool gives, one after the other. */
function all(text: string): string[] {
  const pool = new AddressPool(text);
  const given: string[] = [];
  for (;;) {
    const next = pool.free((address) => given.includes(address));
    if (next === undefined) return given;
    given.push(next);
  }
}

describe('a pool of addresses', () => {
  it.each([
    ['192.0.2.0/30', ['192.0.2.1', '192.0.2.2']],
    ['192.0.2.7/30', ['192.0.2.5', '192.0.2.6']],
    ['192.0.2.0/31', ['192.0.2.0', '192.0.2.1']],
    ['192.0.2.9/32', ['192.0.2.9']],
    ['192.0.2.254-192.0.3.1', ['192.0.2.254', '192.0.2.255', '192.0.3.0', '192.0.3.1']],
    ['192.0.2.9/32, 198.51.100.1-198.51.100.2', ['192.0.2.9', '198.51.100.1', '198.51.100.2']],
    ['223.255.255.255-224.0.0.0', ['223.255.255.255', '224.0.0.0']],
  ])('of %s', (text, expected) => {
    const pool = new AddressPool(text);
    expect(all(text)).toEqual(expected);
    expect(expected.filter((address) => !pool.has(address))).toEqual([]);
  });

  it.each([
    '',
    'x',
    '192.0.2.1',
    '192.0.2.2-192.0.2.1',
    '192.0.2.1-',
    '192.0.2.1-192.0.2.2-192.0.2.3',
    '2001:db8::/120',
  ])('is not %j', (text) => expect(() => new AddressPool(text)).toThrow('is not a range of IPv4 addresses'));

  it('has a bound', () => expect(() => new AddressPool('10.0.0.0/8')).toThrow('more than 65536'));

  it.each(['192.0.2.0', '192.0.2.3', '192.0.3.1', 'x', '', '2001:db8::1'])(
    'of 192.0.2.0/30 does not have %j',
    (address) => expect(new AddressPool('192.0.2.0/30').has(address)).toBe(false),
  );
});
