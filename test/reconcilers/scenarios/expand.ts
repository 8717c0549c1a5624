import { expect } from 'vitest';
import { expand } from '../../../src/reconcilers/expand.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';
import { claim, volume } from './persistentvolume.ts';

/** A claim that is to grow is told that a driver will do it; one that is not is told nothing. */
export const expandScenario: Scenario = {
  controllers: () => [expand],
  given: [
    clusterObject('storage.k8s.io/v1', 'StorageClass', 'grows', { provisioner: 'x.io', allowVolumeExpansion: true }),
    volume('v', '1Gi', { storageClassName: 'grows' }),
    {
      ...claim('c', '1Gi', { storageClassName: 'grows', volumeName: 'v' }),
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    },
  ],
  acts: [
    async (cluster) => {
      const { metadata } = await cluster.client.get('persistentvolumeclaims', 'a', 'c');
      const claimRef = { kind: 'PersistentVolumeClaim', namespace: 'a', name: 'c', uid: metadata.uid };
      await cluster.client.patch('persistentvolumes', '', 'v', { spec: { claimRef } });
      await cluster.client.patch('persistentvolumeclaims', 'a', 'c', {
        spec: { resources: { requests: { storage: '2Gi' } } },
      });
    },
  ],
  async end(cluster) {
    const events = await cluster.list('events');
    expect(events.map(({ reason, message, source }) => [reason, message, source.component])).toEqual([
      ['ExternalExpanding', 'waiting for an external controller to expand this PVC', 'volume_expand'],
    ]);
  },
};
