import { expect, it } from 'vitest';
import { reachable, type Endpoint } from '../../../src/nodes/network/reachable.ts';

const endpoint = (address: string, more: Partial<Endpoint> = {}): Endpoint => ({
  address,
  port: 80,
  isLocal: false,
  isReady: true,
  isServing: true,
  isTerminating: false,
  nodes: [],
  zones: [],
  ...more,
});
const LOCAL = { isLocal: true };
const UNREADY = { isReady: false, isServing: false };
const ENDS = { isReady: false, isTerminating: true };
const ENDS_UNREADY = { ...UNREADY, isTerminating: true };

it.each<[string, Endpoint[], string, string]>([
  ['nothing', [], '', ''],
  ['what is ready', [endpoint('a'), endpoint('b', UNREADY)], 'a', ''],
  ['this node for Local', [endpoint('a'), endpoint('b', LOCAL)], 'a b', 'b'],
  ['what ends and serves, where none is ready', [endpoint('a', ENDS), endpoint('b', ENDS_UNREADY)], 'a', ''],
  ['nothing that ends while one is ready', [endpoint('a', ENDS), endpoint('b')], 'b', ''],
  ['for Local by itself', [endpoint('a', { ...ENDS, ...LOCAL }), endpoint('b')], 'b', 'a'],
  ['what serves but neither is ready nor ends', [endpoint('a', { isReady: false })], '', ''],
  ['its zone', [endpoint('a', { zones: ['z1'] }), endpoint('b', { zones: ['z2'] })], 'a', ''],
  ['all, when one has no hint', [endpoint('a', { zones: ['z1'] }), endpoint('b')], 'a b', ''],
  [
    'all, when none is meant for its zone',
    [endpoint('a', { zones: ['z2'] }), endpoint('b', { zones: ['z3'] })],
    'a b',
    '',
  ],
  [
    'its node before its zone',
    [endpoint('a', { zones: ['z1'], nodes: ['n2'] }), endpoint('b', { zones: ['z2'], nodes: ['n1'] })],
    'b',
    '',
  ],
  [
    'its zone, when no node hint is for it',
    [endpoint('a', { zones: ['z1'], nodes: ['n2'] }), endpoint('b', { zones: ['z2'], nodes: ['n2'] })],
    'a',
    '',
  ],
  [
    'hints of ready ones alone',
    [endpoint('a', { zones: ['z1'] }), endpoint('b', { zones: ['z2'] }), endpoint('c', UNREADY)],
    'a',
    '',
  ],
  [
    'Local whatever the hints',
    [endpoint('a', { zones: ['z1'] }), endpoint('b', { zones: ['z2'], ...LOCAL })],
    'a',
    'b',
  ],
])('is %s', (_, endpoints, cluster, local) => {
  const names = (targets: readonly { address: string }[]) => targets.map(({ address }) => address).join(' ');
  const found = reachable(endpoints, { nodeName: 'n1', zone: 'z1' });
  expect([names(found.cluster), names(found.local)]).toEqual([cluster, local]);
});

it('follows no zone where the node has none', () => {
  const endpoints = [endpoint('a', { zones: ['z1'] }), endpoint('b', { zones: ['z2'] })];
  expect(reachable(endpoints, { nodeName: 'n1', zone: undefined }).cluster).toHaveLength(2);
});
