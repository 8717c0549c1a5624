import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../schema/types.ts';
import { nodeVolumeLimits } from '../../../src/scheduler/plugins/node-volume-limits.ts';
import { volumeRestrictions } from '../../../src/scheduler/plugins/volume-restrictions.ts';
import { filtered, node, pod } from './support.ts';

const meta = (name: string, more = {}) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '', ...more });
const claim = (name: string, mode: 'ReadWriteOnce' | 'ReadWriteOncePod', more = {}): PersistentVolumeClaim => ({
  metadata: meta(name, { namespace: 'a' }),
  spec: { accessModes: [mode], ...more },
});
const using = (name: string, nodeName: string | undefined, ...claims: string[]) =>
  pod(name, {
    ...(nodeName && { nodeName }),
    volumes: claims.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })),
  });
const nodes = [node('n1'), node('n2')];

describe('VolumeRestrictions', () => {
  const taken =
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod';
  const persistentvolumeclaims = [claim('alone', 'ReadWriteOncePod'), claim('shared', 'ReadWriteOnce')];
  it.each([
    ['a claim that is shared', 'shared', ['shared'], 'nothing'],
    ['one for a pod alone that nobody has', 'alone', ['shared'], 'nothing'],
    ['one for a pod alone that another has', 'alone', ['alone'], { n1: taken, n2: taken }],
  ])('filters: %s', (_, wanted, had, expected) => {
    const objects = { nodes, persistentvolumeclaims, pods: [using('other', 'n1', ...had)] };
    expect(filtered(volumeRestrictions, using('p', undefined, wanted), objects)).toEqual(expected);
  });
});

describe('NodeVolumeLimits', () => {
  const volume = (name: string, driver: string): PersistentVolume => ({
    metadata: meta(name),
    spec: { csi: { driver, volumeHandle: `h-${name}` } },
  });
  const limited = { metadata: meta('n1'), spec: { drivers: [{ name: 'x', nodeID: 'n', allocatable: { count: 2 } }] } };
  const objects = (...pods: ReturnType<typeof using>[]) => ({
    nodes,
    pods,
    'csinodes.storage.k8s.io': [limited, { metadata: meta('n2'), spec: { drivers: [] } }],
    'storageclasses.storage.k8s.io': [{ metadata: meta('makes'), provisioner: 'x' }],
    persistentvolumes: [volume('v1', 'x'), volume('v2', 'x'), volume('v3', 'x'), volume('v4', 'y')],
    persistentvolumeclaims: [
      ...['v1', 'v2', 'v3', 'v4'].map((volumeName) => claim(`c-${volumeName}`, 'ReadWriteOnce', { volumeName })),
      claim('waits', 'ReadWriteOnce', { storageClassName: 'makes' }),
    ],
  });
  const full = { n1: 'node(s) exceed max volume count', n2: 'ok' };
  const ok = { n1: 'ok', n2: 'ok' };
  it.each<[string, string[], string[], unknown]>([
    ['no claim', [], ['c-v1', 'c-v2'], 'nothing'],
    ['one more than there may be', ['c-v3'], ['c-v1', 'c-v2'], full],
    ['one that is there already', ['c-v2'], ['c-v1', 'c-v2'], ok],
    ['one of a driver without a limit', ['c-v4'], ['c-v1', 'c-v2'], ok],
    ['two where there is room for one', ['c-v2', 'c-v3'], ['c-v1'], full],
    ['one that is yet to be made', ['waits'], ['c-v1', 'c-v2'], full],
    ['one that fits', ['c-v2'], ['c-v1'], ok],
  ])('filters: %s', (_, wanted, had, expected) => {
    expect(filtered(nodeVolumeLimits, using('p', undefined, ...wanted), objects(using('other', 'n1', ...had)))).toEqual(
      expected,
    );
  });
});
