import { expect } from 'vitest';
import { replicaset } from '../../../src/reconcilers/replicaset.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, pod, running, selector, template } from './manifests.ts';

/** Adopts what matches, releases what no longer does, grows, shrinks, and is back at its size after a pod was lost. */
export const replicasetScenario: Scenario = {
  controllers: () => [replicaset()],
  given: [
    pod('stray', { labels: { app: 'x' }, status: running }),
    pod('other', { labels: { app: 'y' } }),
    object('apps/v1', 'ReplicaSet', 'r', { spec: { replicas: 3, selector, template: template() } }),
  ],
  acts: [
    (cluster) => cluster.runPods(),
    (cluster) => cluster.edit('pods', 'a', 'stray', ({ metadata }) => (metadata.labels = { app: 'z' })),
    (cluster) => cluster.runPods(),
    (cluster) => cluster.edit('replicasets.apps', 'a', 'r', (set) => (set['spec'].replicas = 2)),
    (cluster) => cluster.reapPods(),
  ],
  async end(cluster) {
    const [set] = await cluster.list('replicasets.apps');
    expect(set!['status']).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
      observedGeneration: 2,
    });
    const pods = await cluster.list('pods');
    const owned = pods.filter(({ metadata }) => metadata.ownerReferences);
    expect(owned).toHaveLength(2);
    expect(owned[0]!.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'r',
        uid: set!.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['stray', 'other']));
    expect(await cluster.told('ReplicaSet')).toEqual(['Normal SuccessfulCreate ×3', 'Normal SuccessfulDelete ×1']);
  },
};
