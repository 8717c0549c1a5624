import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass, Volume } from '../../../schema/types.ts';
import { volumeBinding } from '../../../src/scheduler/plugins/volume-binding.ts';
import { filtered, helps, node, pod } from './support.ts';

const meta = (name: string, more = {}) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '', ...more });
const nodes = ['a', 'b'].map((zone) => node(`n-${zone}`, { labels: { zone } }));
const storage = (name: string, more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: meta(name),
  provisioner: 'example.com/disk',
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
});
const classes = [
  storage('late'),
  storage('local', { provisioner: 'kubernetes.io/no-provisioner' }),
  storage('now', { volumeBindingMode: 'Immediate' }),
  storage('in-a', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }] }),
  storage('published', { provisioner: 'csi.example.com' }),
];
const volume = (
  name: string,
  zone?: string,
  {
    size = '5Gi',
    phase = 'Available',
    ...spec
  }: Partial<PersistentVolume['spec']> & { size?: string; phase?: string } = {},
): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: meta(name),
  spec: {
    capacity: { storage: size },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'local',
    ...(zone && {
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
      },
    }),
    ...spec,
  },
  status: { phase: phase as 'Available' },
});
const claim = (
  name: string,
  storageClassName: string,
  {
    size = '2Gi',
    metadata = {},
    phase = 'Pending',
    ...spec
  }: Partial<PersistentVolumeClaim['spec']> & { size?: string; metadata?: object; phase?: string } = {},
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: meta(name, { namespace: 'a', ...metadata }),
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, storageClassName, ...spec },
  status: { phase: phase as 'Pending' },
});
const room = (name: string, zone: string | undefined, more: { capacity?: string; maximumVolumeSize?: string }) => ({
  metadata: meta(name, { namespace: 'a' }),
  storageClassName: 'published',
  ...(zone !== undefined && { nodeTopology: { matchLabels: { zone } } }),
  ...more,
});
const bound = (name: string, volumeName: string) =>
  claim(name, 'local', { volumeName, metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } } });
const of = (...names: string[]) =>
  pod('p', { volumes: names.map((claimName, i): Volume => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })) });
const kept = (name: string) => ({ claimRef: { name, namespace: 'a' } });

const UNREACHED = "!node(s) didn't match PersistentVolume's node affinity";
const NONE = "!node(s) didn't find available persistent volumes to bind";
const ROOM = '!node(s) did not have enough free storage';
const GONE = '!node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

const volumes = [
  volume('small', 'a', { size: '1Gi' }),
  volume('in-a', 'a'),
  volume('in-b', 'b', { size: '10Gi' }),
  volume('used', 'b', { phase: 'Released', size: '2Gi' }),
  volume('block', 'a', { volumeMode: 'Block', size: '50Gi' }),
  volume('mine', 'b', { ...kept('kept'), size: '3Gi' }),
];
const claims = [
  bound('there', 'in-a'),
  bound('lost', 'nothing'),
  claim('waits', 'local'),
  claim('large', 'local', { size: '8Gi' }),
  claim('huge', 'local', { size: '20Gi' }),
  claim('shared', 'local', { accessModes: ['ReadWriteMany'] }),
  claim('labelled', 'local', { selector: { matchLabels: { kind: 'fast' } } }),
  claim('kept', 'local'),
  claim('made', 'late'),
  claim('made-in-a', 'in-a'),
  claim('fits', 'published', { size: '3Gi' }),
  claim('fits-a', 'published', { size: '5Gi' }),
  claim('fits-not', 'published', { size: '6Gi' }),
  claim('placed', 'late', { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n-b' } } }),
  claim('immediate', 'now'),
  claim('classless', 'nowhere'),
  claim('going', 'local', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
  claim('dead', 'local', { phase: 'Lost', volumeName: 'x' }),
  claim('half', 'local', { volumeName: 'in-a' }),
  claim('p-own', 'late', {
    metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true }] },
  }),
  claim('p-other', 'late'),
];
const objects = {
  nodes,
  persistentvolumes: volumes,
  persistentvolumeclaims: claims,
  'storageclasses.storage.k8s.io': classes,
  'csidrivers.storage.k8s.io': [{ metadata: meta('csi.example.com'), spec: { storageCapacity: true } }],
  'csistoragecapacities.storage.k8s.io': [
    room('in-a', 'a', { capacity: '100Gi', maximumVolumeSize: '5Gi' }),
    room('in-b', 'b', { capacity: '3Gi' }),
    room('nowhere', undefined, { capacity: '100Gi' }),
    { ...room('of-another', 'b', { capacity: '100Gi' }), storageClassName: 'late' },
  ],
};

describe('VolumeBinding', () => {
  it.each<[string, ReturnType<typeof pod>, string | [string, string]]>([
    ['no claim', of(), 'nothing'],
    ['a bound one', of('there'), ['ok', UNREACHED]],
    ['one whose volume is gone', of('lost'), [GONE, GONE]],
    ['one that finds a volume on both', of('waits'), ['ok', 'ok']],
    ['one that is too large for one', of('large'), [NONE, 'ok']],
    ['one that is too large for all', of('huge'), [NONE, NONE]],
    ['one that wants to share', of('shared'), [NONE, NONE]],
    ['one that wants a label', of('labelled'), [NONE, NONE]],
    ['one for which a volume is kept', of('kept'), [NONE, 'ok']],
    ['two that want the same', of('waits', 'large'), [NONE, NONE]],
    ['a bound one and one that finds none', of('there', 'huge'), [NONE, `${UNREACHED}, ${NONE.slice(1)}`]],
    ['one that is made anywhere', of('made'), ['ok', 'ok']],
    ['one that is made in a zone', of('made-in-a'), ['ok', NONE]],
    ['one for which there is room', of('fits'), ['ok', 'ok']],
    ['one for which there is room in a zone', of('fits-a'), ['ok', ROOM]],
    ['one for which there is no room', of('fits-not'), [ROOM, ROOM]],
    ['one that is being made', of('placed'), [NONE, 'ok']],
    ['one that should be bound by now', of('immediate'), 'reject: !pod has unbound immediate PersistentVolumeClaims'],
    ['one without its class', of('classless'), 'reject: !pod has unbound immediate PersistentVolumeClaims'],
    ['one that is half bound', of('half'), 'reject: !pod has unbound immediate PersistentVolumeClaims'],
    ['one that is not there', of('absent'), 'reject: !persistentvolumeclaim "absent" not found'],
    ['one that is going', of('going'), 'reject: !persistentvolumeclaim "going" is being deleted'],
    ['a lost one', of('dead'), 'reject: !persistentvolumeclaim "dead" bound to non-existent persistentvolume "x"'],
    ['its own', pod('p', { volumes: [{ name: 'own', ephemeral: {} }] }), ['ok', 'ok']],
    [
      'its own, not yet there',
      pod('p', { volumes: [{ name: 'new', ephemeral: {} }] }),
      'reject: !waiting for ephemeral volume controller to create the persistentvolumeclaim "p-new"',
    ],
    [
      'its own, of somebody else',
      pod('p', { volumes: [{ name: 'other', ephemeral: {} }] }),
      'reject: !PVC a/p-other was not created for pod a/p (pod is not owner)',
    ],
  ])('filters: %s', (_name, incoming, expected) => {
    const answers = filtered(volumeBinding, incoming, objects);
    expect(typeof answers === 'string' ? answers : Object.values(answers)).toEqual(expected);
  });

  it.each([
    ['persistentvolumeclaims', claim('waits', 'local'), undefined, true],
    ['persistentvolumeclaims', claim('other', 'local'), undefined, false],
    ['persistentvolumeclaims', claim('waits', 'local', { metadata: { namespace: 'b' } }), undefined, false],
    ['persistentvolumes', volumes[0], undefined, true],
    ['storageclasses.storage.k8s.io', classes[0], undefined, true],
    ['storageclasses.storage.k8s.io', classes[0], classes[0], false],
    ['storageclasses.storage.k8s.io', classes[0], classes[3], true],
    ['nodes', nodes[0], undefined, true],
    ['nodes', undefined, nodes[0], false],
  ] as const)('tries again after changes of %s: %#', (resource, object, old, expected) => {
    expect(helps(volumeBinding, of('waits'), resource, object, old)).toBe(expected);
  });
});
