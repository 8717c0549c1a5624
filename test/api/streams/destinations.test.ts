import { describe, expect, test } from 'vitest';
import { IpRange } from '../../../src/api/allocation/ip-range.ts';
import { Destinations, type Purpose } from '../../../src/api/streams/destinations.ts';

const OWN = '192.0.2.5';
const names: Record<string, string[]> = {
  'good.example': ['198.51.100.7'],
  'home.example': ['127.0.0.1'],
  'mixed.example': ['198.51.100.7', '169.254.169.254'],
  'api.example': [OWN],
};

function destinations(listening: readonly (readonly [string, number])[] = [['127.0.0.1', 6443]]): Destinations {
  const made = new Destinations(
    new IpRange('10.96.0.0/16'),
    () => ({ eth0: [{ address: OWN, family: 'IPv4' }] }) as never,
    async (name) => (names[name] ?? []).map((address) => ({ address })),
  );
  for (const [address, port] of listening) made.listensAt(address, port);
  return made;
}

describe('an address elsewhere', () => {
  const to = destinations();
  test.each([
    ['10.244.1.2', '10.244.1.2'],
    ['192.168.1.1', '192.168.1.1'],
    ['8.8.8.8', '8.8.8.8'],
    ['010.244.001.002', '10.244.1.2'],
    ['::ffff:10.244.1.2', '10.244.1.2'],
    ['fd00::7', 'fd00::7'],
    ['2001:db8:0:0::1', '2001:db8::1'],
  ])('%s is allowed', (ip, canonical) => {
    expect(to.allowed(ip, 80)).toBe(canonical);
  });

  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.1.0.7', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['0127.0.0.1', 'loopback with a zero more'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback within IPv6'],
    ['::ffff:7f00:1', 'loopback within IPv6'],
    ['::127.0.0.1', 'the old form of IPv4 within IPv6'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'this network'],
    ['::', 'unspecified'],
    ['169.254.169.254', 'link-local: metadata of clouds'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['febf::1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['239.1.1.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['10.96.0.1', 'the service range'],
    ['10.96.255.255', 'the service range'],
    ['', 'nothing'],
    ['localhost', 'a name'],
    ['2130706433', 'a number'],
    ['127.1', 'a short form'],
    ['0x7f.0.0.1', 'a form of C'],
    ['10.0.0.1@127.0.0.1', 'two'],
    ['10.0.0.1:80', 'with a port'],
  ])('%s is not: %s', (ip) => {
    expect(to.allowed(ip, 80)).toBeUndefined();
  });

  test.each([0, -1, 65536, 1.5, NaN, Infinity])('port %s is none', (port) => {
    expect(to.allowed('10.244.1.2', port)).toBeUndefined();
  });
});

describe('where the API takes connections', () => {
  test.each<[string, string, number, Purpose, readonly (readonly [string, number])[]]>([
    ['of the loopback, to a kubelet', '127.0.0.1', 6443, 'kubelet', [['127.0.0.1', 6443]]],
    ['of the machine', OWN, 6443, 'elsewhere', [[OWN, 6443]]],
    ['of all, by one of them', OWN, 6443, 'elsewhere', [['0.0.0.0', 6443]]],
    ['of all, by the loopback', '127.0.0.1', 6443, 'kubelet', [['0.0.0.0', 6443]]],
    ['of all, of version 6', OWN, 6443, 'elsewhere', [['::', 6443]]],
    ['within IPv6', `::ffff:${OWN}`, 6443, 'elsewhere', [[OWN, 6443]]],
  ])('is no destination: %s', (_why, ip, port, purpose, listening) => {
    expect(destinations(listening).allowed(ip, port, purpose)).toBeUndefined();
    expect(destinations(listening).allowed(ip, port + 1, purpose)).toBeDefined();
  });

  test('a pod of the loopback is none by its port either', () => {
    expect(destinations([['0.0.0.0', 6443]]).allowedOfPod('127.1.0.7', 6443)).toBeUndefined();
    expect(destinations([['127.0.0.1', 6443]]).allowedOfPod('127.1.0.7', 6443)).toBe('127.1.0.7');
    expect(destinations().allowedOfPod('10.1.2.3', 80)).toBeUndefined();
  });
});

describe('a name', () => {
  test.each([
    ['good.example', '198.51.100.7'],
    ['GOOD.example', 'refused'],
    ['home.example', 'refused'],
    ['mixed.example', 'refused'],
    ['nobody.example', 'refused'],
    ['api.example', 'refused'],
    ['2130706433', 'refused'],
    ['127.1', 'refused'],
    ['0x7f000001', 'refused'],
    ['a.0x1', 'refused'],
    ['evil.example:80', 'refused'],
    ['user@good.example', 'refused'],
    ['good.example/', 'refused'],
    ['a b', 'refused'],
    ['', 'refused'],
  ])('%j leads to what it is resolved to: %s', async (host, wanted) => {
    const located = destinations([[OWN, 6443]])
      .locate(host, 6443)
      .catch(() => 'refused');
    expect(await located).toBe(wanted);
  });

  test('is resolved once, and a kubelet may be on this machine', async () => {
    expect(await destinations().locate('home.example', 10250, 'kubelet')).toBe('127.0.0.1');
    await expect(destinations().locate('home.example', 10250)).rejects.toThrow('address not allowed');
    await expect(destinations().locate('nobody.example', 80)).rejects.toThrow('lookup nobody.example: no such host');
  });
});

test('what is of this machine', () => {
  const to = destinations();
  expect(['127.0.0.1', '127.1.2.3', '::1', OWN].every((ip) => to.isHere(ip))).toBe(true);
  expect(['10.1.2.3', '', 'localhost', '::2'].some((ip) => to.isHere(ip))).toBe(false);
});
