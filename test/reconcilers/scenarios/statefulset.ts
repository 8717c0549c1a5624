import { expect } from 'vitest';
import { statefulset } from '../../../src/reconcilers/statefulset.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, selector, template } from './manifests.ts';

const settle = async (cluster: Cluster): Promise<void> => {
  for (let n = 0; n < 5; n++) {
    await cluster.runPods();
    await cluster.advance(100);
    await cluster.reapPods();
  }
};
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

/** Pods and their claims in order; rolled out from the last; scaled down with the claims that may go. */
export const statefulsetScenario: Scenario = {
  controllers: () => [statefulset],
  given: [
    object('apps/v1', 'StatefulSet', 's', {
      spec: {
        replicas: 2,
        serviceName: 'svc',
        selector,
        template: template(),
        volumeClaimTemplates: [claim],
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
      },
    }),
  ],
  acts: [
    settle,
    (cluster) =>
      cluster.edit('statefulsets.apps', 'a', 's', (set) => (set['spec'].template = template({ app: 'x', v: '2' }))),
    settle,
    (cluster) => cluster.edit('statefulsets.apps', 'a', 's', (set) => (set['spec'].replicas = 1)),
    settle,
  ],
  async end(cluster) {
    const [set] = await cluster.list('statefulsets.apps');
    expect(set!['status']).toMatchObject({
      observedGeneration: 3,
      replicas: 1,
      readyReplicas: 1,
      currentReplicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
    });
    expect(set!['status'].currentRevision).toBe(set!['status'].updateRevision);
    const pods = await cluster.list('pods');
    expect(pods.map(({ metadata }) => `${metadata.name} ${metadata.labels?.['v']}`)).toEqual(['s-0 2']);
    const claims = await cluster.list('persistentvolumeclaims');
    expect(claims.map(({ metadata }) => [metadata.name, metadata.ownerReferences])).toMatchObject([
      ['data-s-0', undefined],
      ['data-s-1', [{ kind: 'Pod', name: 's-1' }]],
    ]);
  },
};
