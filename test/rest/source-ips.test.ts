import { expect, it } from 'vitest';
import { sourceIps } from '../../src/rest/source-ips.ts';

it.each<[string, Record<string, string>, string | undefined, string[]]>([
  ['the connection alone', {}, '10.0.0.9', ['10.0.0.9']],
  ['an IPv4 address on an IPv6 socket', {}, '::ffff:10.0.0.9', ['10.0.0.9']],
  ['IPv6', {}, 'fd00::1', ['fd00::1']],
  [
    'what proxies say, in their order',
    { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' },
    '3.3.3.3',
    ['1.1.1.1', '2.2.2.2', '3.3.3.3'],
  ],
  ['no nonsense', { 'x-forwarded-for': 'x, 1.1.1.1,, 1.1.1.300' }, '3.3.3.3', ['1.1.1.1', '3.3.3.3']],
  ['zeros in front', { 'x-forwarded-for': '010.0.0.01' }, '3.3.3.3', ['10.0.0.1', '3.3.3.3']],
  ['the real address of a proxy', { 'x-real-ip': '1.1.1.1' }, '3.3.3.3', ['1.1.1.1', '3.3.3.3']],
  [
    'the real address once',
    { 'x-forwarded-for': '1.1.1.1, 2.2.2.2', 'x-real-ip': '1.1.1.1' },
    '3.3.3.3',
    ['1.1.1.1', '2.2.2.2', '3.3.3.3'],
  ],
  [
    'the connection once, where a proxy names it last',
    { 'x-forwarded-for': '1.1.1.1, 3.3.3.3' },
    '3.3.3.3',
    ['1.1.1.1', '3.3.3.3'],
  ],
  [
    'the connection again, where it is named earlier',
    { 'x-forwarded-for': '3.3.3.3, 1.1.1.1' },
    '3.3.3.3',
    ['3.3.3.3', '1.1.1.1', '3.3.3.3'],
  ],
  ['nothing of a connection that is gone', {}, undefined, []],
])('a request comes from: %s', (_, headers, remoteAddress, expected) => {
  expect(sourceIps({ headers, socket: { remoteAddress } })).toEqual(expected);
});
