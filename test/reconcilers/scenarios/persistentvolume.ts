import { expect } from 'vitest';
import { persistentvolume } from '../../../src/reconcilers/persistentvolume.ts';
import { pvcprotection } from '../../../src/reconcilers/volumeprotection.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, object } from './manifests.ts';

export const volume = (name: string, storage: string, more: object = {}): Manifest =>
  clusterObject('v1', 'PersistentVolume', name, {
    spec: {
      storageClassName: '',
      hostPath: { path: '/tmp' },
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      ...more,
    },
  });
export const claim = (name: string, storage: string, more: object = {}): Manifest =>
  object('v1', 'PersistentVolumeClaim', name, {
    spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
  });

/** Claims get the smallest volume that is large enough, or the one that they name; one that goes releases its volume. */
export const persistentvolumeScenario: Scenario = {
  controllers: () => [persistentvolume, pvcprotection],
  given: [volume('v1', '1Gi'), volume('v5', '5Gi'), volume('v9', '9Gi')],
  acts: [
    (cluster) => cluster.give(claim('c', '2Gi'), claim('named', '1Gi', { volumeName: 'v9' }), claim('larger', '50Gi')),
    (cluster) =>
      cluster.give(claim('too-much', '3Gi', { volumeName: 'v1' }), claim('late', '1Gi', { volumeName: 'v5' })),
    async (cluster) => {
      const events = await cluster.events();
      expect(events).toContain(
        'Warning VolumeMismatch PersistentVolumeClaim Cannot bind to requested volume "v1": requested PV is too small',
      );
      expect(events).toContain(
        'Warning FailedBinding PersistentVolumeClaim volume "v5" already bound to a different claim.',
      );
    },
    (cluster) => cluster.client.delete('persistentvolumeclaims', 'a', 'named'),
    (cluster) => cluster.advance(20_000),
  ],
  async end(cluster) {
    const claims = await cluster.list('persistentvolumeclaims');
    expect(claims.map(({ metadata, spec, status }) => [metadata.name, spec.volumeName, status.phase])).toEqual([
      ['c', 'v5', 'Bound'],
      ['larger', undefined, 'Pending'],
      ['late', 'v5', 'Pending'],
      ['too-much', 'v1', 'Pending'],
    ]);
    expect(claims[0]!['status']).toMatchObject({ accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } });
    const volumes = await cluster.list('persistentvolumes');
    expect(volumes.map(({ metadata, spec, status }) => [metadata.name, spec.claimRef?.name, status.phase])).toEqual([
      ['v1', undefined, 'Available'],
      ['v5', 'c', 'Bound'],
      ['v9', 'named', 'Released'],
    ]);
  },
};
