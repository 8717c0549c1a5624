import { expect } from 'vitest';
import { ttl } from '../../../src/reconcilers/ttl.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

/** Each node says for how long its kubelet may keep what it has read; a change of it is put right. */
export const ttlScenario: Scenario = {
  controllers: () => [ttl()],
  given: ['n1', 'n2'].map((name) => clusterObject('v1', 'Node', name)),
  acts: [(cluster) => cluster.client.patch('nodes', '', 'n2', { metadata: { annotations: { [TTL]: '7' } } })],
  async end(cluster) {
    const nodes = await cluster.list('nodes');
    expect(nodes.map(({ metadata }) => metadata.annotations?.[TTL])).toEqual(['0', '0']);
  },
};
