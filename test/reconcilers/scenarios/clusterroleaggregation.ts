import { expect } from 'vitest';
import { clusterroleaggregation } from '../../../src/reconcilers/clusterroleaggregation.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const role = (name: string, resources: string[]) =>
  clusterObject(RBAC, 'ClusterRole', name, {
    metadata: { labels: { part: 'x' } },
    rules: [{ apiGroups: [''], resources, verbs: ['get'] }],
  });

/** A role has the rules of those that it selects, by their names; one that comes or goes changes it. */
export const clusterroleaggregationScenario: Scenario = {
  controllers: () => [clusterroleaggregation],
  given: [
    clusterObject(RBAC, 'ClusterRole', 'whole', {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'x' } }] },
      rules: [],
    }),
    role('b', ['pods']),
    role('a', ['secrets']),
  ],
  acts: [
    (cluster) => cluster.give(role('c', ['nodes'])),
    (cluster) => cluster.client.delete('clusterroles.rbac.authorization.k8s.io', '', 'b'),
  ],
  async end(cluster) {
    const { rules } = await cluster.client.get('clusterroles.rbac.authorization.k8s.io', '', 'whole');
    expect(rules?.map(({ resources }) => resources)).toEqual([['secrets'], ['nodes']]);
  },
};
