import { describe, expect, it } from 'vitest';
import type { Pod, Volume } from '../../../schema/types.ts';
import { claimedVolume } from '../../../src/nodes/volumes/claimed-volume.ts';
import { givenClient } from '../given-client.ts';

const meta = (name: string, more = {}) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '', ...more });
const pod = (containers: object[] = []): Pod => ({
  metadata: meta('p', { namespace: 'a' }),
  spec: { containers: containers as never },
});
const claim = (name: string, { phase = 'Bound', volumeName = `v-${name}`, ...metadata } = {}) => ({
  [`persistentvolumeclaims a/${name}`]: {
    metadata: meta(name, { namespace: 'a', ...metadata }),
    spec: { volumeName },
    status: { phase },
  },
});
const volume = (name: string, uid: string | undefined, spec = {}) => ({
  [`persistentvolumes /${name}`]: { metadata: meta(name), spec: { ...(uid && { claimRef: { uid } }), ...spec } },
});
const client = givenClient({
  ...claim('good'),
  ...volume('v-good', 'good'),
  ...claim('pending', { phase: 'Pending' }),
  ...claim('empty', { volumeName: '' }),
  ...claim('going', { deletionTimestamp: 'now' } as object),
  ...claim('held', { deletionTimestamp: 'now', finalizers: ['kubernetes.io/pvc-protection'] } as object),
  ...volume('v-held', 'held'),
  ...claim('lost'),
  ...claim('free'),
  ...volume('v-free', undefined),
  ...claim('other'),
  ...volume('v-other', 'somebody'),
  ...claim('disk'),
  ...volume('v-disk', 'disk', { volumeMode: 'Block' }),
  ...claim('p-theirs'),
  ...volume('v-p-theirs', 'p-theirs'),
  ...claim('p-own', {
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true }],
  } as object),
  ...volume('v-p-own', 'p-own'),
});
const of = (claimName: string): Volume => ({ name: 'data', persistentVolumeClaim: { claimName } });
const mounts = [{ name: 'c', volumeMounts: [{ name: 'data', mountPath: '/data' }] }];
const devices = [{ name: 'c', volumeDevices: [{ name: 'data', devicePath: '/dev/data' }] }];
const processing = (name: string, why: string) => `error processing PVC a/${name}: ${why}`;

describe('the volume behind a claim', () => {
  it.each<[string, Volume, object[], string]>([
    ['of a claim that is bound', of('good'), mounts, 'v-good'],
    ['of one that goes when its pods have gone', of('held'), mounts, 'v-held'],
    ['of a device', of('disk'), devices, 'v-disk'],
    ['that was made for the pod', { name: 'own', ephemeral: {} }, [], 'v-p-own'],
  ])('%s', async (_, wanted, containers, name) => {
    expect((await claimedVolume(pod(containers), wanted, client))?.volume.metadata.name).toBe(name);
  });

  it.each<[string, Volume, object[], string]>([
    [
      'there is no claim',
      of('none'),
      [],
      processing('none', 'failed to fetch PVC from API server: persistentvolumeclaims "none" not found'),
    ],
    ['it is not bound', of('pending'), [], processing('pending', 'PVC is not bound')],
    ['it names no volume', of('empty'), [], processing('empty', 'PVC has empty pvc.Spec.VolumeName')],
    ['it is going', of('going'), [], processing('going', 'PVC is being deleted')],
    [
      'its volume is gone',
      of('lost'),
      [],
      processing('lost', 'failed to fetch PV v-lost from API server: persistentvolumes "v-lost" not found'),
    ],
    [
      'its volume is nobody’s',
      of('free'),
      [],
      processing(
        'free',
        'found PV object v-free but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim',
      ),
    ],
    [
      'its volume is another’s',
      of('other'),
      [],
      processing(
        'other',
        'found PV object v-other but its pv.Spec.ClaimRef.UID somebody does not point to claim.UID other',
      ),
    ],
    [
      'it is another pod’s',
      { name: 'theirs', ephemeral: {} },
      [],
      'PVC a/p-theirs was not created for pod a/p (pod is not owner)',
    ],
    ['a device is mounted', of('disk'), mounts, 'volume data has volumeMode Block, but is specified in volumeMounts'],
    [
      'a file system is a device',
      of('good'),
      devices,
      'volume data has volumeMode Filesystem, but is specified in volumeDevices',
    ],
  ])('is not had when %s', async (_, wanted, containers, message) => {
    await expect(claimedVolume(pod(containers), wanted, client)).rejects.toThrow(new Error(message));
  });

  it('is none where the volume is no claim', async () => {
    expect(await claimedVolume(pod(), { name: 'data', emptyDir: {} }, client)).toBeUndefined();
  });
});
