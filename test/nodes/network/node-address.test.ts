import type { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { nodeAddress } from '../../../src/nodes/network/node-address.ts';

const interfaces = (of: Record<string, string[]>): ReturnType<typeof networkInterfaces> =>
  Object.fromEntries(
    Object.entries(of).map(([link, addresses]) => [
      link,
      addresses.map((address) => ({
        address,
        family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
        netmask: '',
        mac: '',
        internal: false,
        cidr: null,
        ...(address.includes(':') && { scopeid: 0 }),
      })),
    ]),
  ) as ReturnType<typeof networkInterfaces>;

const HEAD = 'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT';
const route = (link: string, destination: string, metric: number, mask: string): string =>
  `${link} ${destination} 010200C0 0003 0 0 ${metric} ${mask} 0 0 0`;
const DEFAULT = ['00000000', '00000000'] as const;
const way = (link: string, metric = 0): string => route(link, DEFAULT[0], metric, DEFAULT[1]);

it.each<[string, Record<string, string[]>, string[], string]>([
  ['the default route', { lo: ['127.0.0.1'], eth0: ['10.0.0.4'], eth1: ['10.1.0.4'] }, [way('eth1')], '10.1.0.4'],
  ['the better of two', { eth0: ['10.0.0.4'], eth1: ['10.1.0.4'] }, [way('eth0', 200), way('eth1', 100)], '10.1.0.4'],
  ['IPv4 alone', { eth0: ['fd00::2', '10.0.0.4'] }, [way('eth0')], '10.0.0.4'],
  ['any without a route', { lo: ['127.0.0.1'], docker0: ['172.17.0.1'], eth0: ['10.0.0.4'] }, [], '10.0.0.4'],
  ['no route of a subnet', { a: ['10.0.0.4'], b: ['10.1.0.4'] }, [route('b', '0000000A', 0, '0000FFFF')], '10.0.0.4'],
  ['no link-local one', { eth0: ['169.254.3.4'], eth1: ['10.1.0.4'] }, [way('eth0')], '10.1.0.4'],
  ["not the pods' own", { lo: ['127.0.0.1'], ku7s0: ['10.244.0.1'] }, [], '127.0.0.1'],
  ['no network', { lo: ['127.0.0.1'] }, [], '127.0.0.1'],
])('is that of %s', (_, links, routes, address) => {
  expect(nodeAddress(interfaces(links), [HEAD, ...routes].join('\n'))).toBe(address);
});
