import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import type { ObjectMeta } from '../../src/meta/object.ts';

export const meta = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2030-01-01T00:00:00Z',
  ...more,
});
type VolumeSpec = NonNullable<PersistentVolume['spec']>;
type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

export const volume = (
  name: string,
  spec: Partial<VolumeSpec> = {},
  more: Partial<ObjectMeta> = {},
  phase = 'Available',
) =>
  ({
    metadata: meta(name, more),
    spec: { storageClassName: 'c', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase },
  }) as PersistentVolume;
export const claim = (spec: Partial<ClaimSpec> = {}, more: Partial<ObjectMeta> = {}): PersistentVolumeClaim => ({
  metadata: meta('claim', { namespace: 'ns', ...more }),
  spec: {
    storageClassName: 'c',
    resources: { requests: { storage: '1Gi' } },
    accessModes: ['ReadWriteOnce'],
    ...spec,
  },
});
export const kept = { claimRef: { namespace: 'ns', name: 'claim' } };
export const beta = (name: string) => ({ annotations: { 'volume.beta.kubernetes.io/storage-class': name } });
