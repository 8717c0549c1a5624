import { expect } from 'vitest';
import { disruption } from '../../../src/reconcilers/disruption.ts';
import { replicaset } from '../../../src/reconcilers/replicaset.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, selector, template } from './manifests.ts';

const evict = async (cluster: Cluster): Promise<void> => {
  const { name } = (await cluster.list('pods'))[0]!.metadata;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'a' } };
  await cluster.client.create('pods', eviction, { subresource: 'eviction', name });
};

/** As many may go as are more than must stay; an eviction takes one of them until another has come. */
export const disruptionScenario: Scenario = {
  controllers: () => [replicaset(), disruption],
  given: [
    object('apps/v1', 'ReplicaSet', 'r', { spec: { replicas: 3, selector, template: template() } }),
    object('policy/v1', 'PodDisruptionBudget', 'share', { spec: { maxUnavailable: '50%', selector } }),
    object('policy/v1', 'PodDisruptionBudget', 'none', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'nobody' } } },
    }),
  ],
  acts: [
    (cluster) => cluster.runPods(),
    (cluster) => cluster.client.delete('poddisruptionbudgets.policy', 'a', 'none'),
    evict,
    (cluster) => cluster.runPods(),
    (cluster) => cluster.advance(180_000),
  ],
  async end(cluster) {
    const [budget] = await cluster.list('poddisruptionbudgets.policy');
    expect(budget!['status']).toEqual({
      observedGeneration: 1,
      disruptionsAllowed: 2,
      currentHealthy: 3,
      desiredHealthy: 1,
      expectedPods: 3,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          observedGeneration: 1,
          lastTransitionTime: expect.any(String),
        },
      ],
    });
  },
};
