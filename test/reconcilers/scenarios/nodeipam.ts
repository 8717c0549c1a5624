import { expect } from 'vitest';
import { nodeipam } from '../../../src/reconcilers/nodeipam.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';

const node = (name: string, podCIDRs?: string[]) =>
  clusterObject('v1', 'Node', name, podCIDRs && { spec: { podCIDRs } });
const ranges = [
  { cidr: '10.244.0.0/22', mask: 24 },
  { cidr: 'fd00:10::/56', mask: 64 },
];

/** Nodes get ranges that nobody has, Services included; one that goes leaves its own to the next. */
export const nodeipamScenario: Scenario = {
  controllers: () => [nodeipam({ ranges, serviceCidr: '10.244.0.0/24' })],
  given: [node('has', ['10.244.2.0/24', 'fd00:10:0:2::/64']), node('n1')],
  acts: [
    (cluster) => cluster.give(node('n2')),
    (cluster) => cluster.give(node('late')),
    async (cluster) => {
      expect(await cluster.events()).toContain(
        'Normal CIDRNotAvailable Node Node late status is now: CIDRNotAvailable',
      );
    },
    (cluster) => cluster.client.delete('nodes', '', 'has'),
    (cluster) => cluster.advance(1_000_000),
  ],
  async end(cluster) {
    const nodes = await cluster.list('nodes');
    const given = nodes.map(({ spec }) => spec.podCIDRs as string[]);
    expect(nodes.map(({ spec }) => spec.podCIDR)).toEqual(given.map(([first]) => first));
    expect(given.map(([first]) => first).sort()).toEqual(['10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24']);
    expect(new Set(given.map(([, second]) => second)).size).toBe(3);
  },
  logs: /no remaining CIDRs/,
};
