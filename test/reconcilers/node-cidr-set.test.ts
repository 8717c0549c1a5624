import { expect, it } from 'vitest';
import { NodeCidrSet } from '../../src/reconcilers/node-cidr-set.ts';
import { ttlStep } from '../../src/reconcilers/ttl.ts';

const all = (set: NodeCidrSet): string[] => {
  const list: string[] = [];
  for (let cidr = set.allocate(); cidr !== undefined; cidr = set.allocate()) list.push(cidr);
  return list;
};

it.each([
  ['10.0.0.0/22', 24, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']],
  ['127.123.234.0/30', 31, ['127.123.234.0/31', '127.123.234.2/31']],
  ['127.123.234.0/24', 24, ['127.123.234.0/24']],
  ['10.1.2.3/23', 24, ['10.1.2.0/24', '10.1.3.0/24']],
  ['beef:1234::/62', 64, ['beef:1234::/64', 'beef:1234:0:1::/64', 'beef:1234:0:2::/64', 'beef:1234:0:3::/64']],
  ['beef::/126', 127, ['beef::/127', 'beef::2/127']],
])('%s is divided into prefixes of %i', (cidr, mask, wanted) => {
  expect(all(new NodeCidrSet(cidr, mask))).toEqual(wanted);
});

it.each([
  ['10.0.0.0/24', 23],
  ['10.0.0.0/24', 33],
  ['fd00::/40', 64],
])('%s cannot be divided into prefixes of %i', (cidr, mask) => {
  expect(() => new NodeCidrSet(cidr, mask)).toThrow('the node CIDR size is too big');
});

it.each([
  ['10.0.1.0/24', true, 3],
  ['10.0.1.0/25', true, 3],
  ['10.0.0.0/23', true, 2],
  ['10.0.0.0/8', true, 0],
  ['10.0.3.128/32', true, 3],
  ['10.0.4.0/24', false, 4],
  ['9.255.255.0/24', false, 4],
  ['fd00::/64', false, 4],
  ['nothing', false, 4],
])('what overlaps with %s is taken (%s), and can be given back', (cidr, inside, left) => {
  const set = new NodeCidrSet('10.0.0.0/22', 24);
  expect(set.occupy(cidr)).toBe(inside);
  const rest = all(set);
  expect(rest).toHaveLength(left);
  set.release(cidr);
  expect([...rest, ...all(set)].sort()).toEqual(all(new NodeCidrSet('10.0.0.0/22', 24)));
});

it('the next is behind the last one that was given', () => {
  const set = new NodeCidrSet('10.0.0.0/22', 24);
  expect([set.allocate(), set.allocate()]).toEqual(['10.0.0.0/24', '10.0.1.0/24']);
  set.release('10.0.0.0/24');
  expect(all(set)).toEqual(['10.0.2.0/24', '10.0.3.0/24', '10.0.0.0/24']);
});

it.each([
  [0, 0, 0],
  [100, 0, 0],
  [101, 0, 1],
  [90, 1, 1],
  [89, 1, 0],
  [1001, 2, 3],
  [5000, 0, 4],
  [1799, 4, 3],
  [0, 4, 0],
])('with %i nodes, from step %i of their time to live, it is %i', (nodes, from, to) => {
  expect(ttlStep(nodes, from)).toBe(to);
});
