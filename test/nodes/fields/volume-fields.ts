import type {
  ConfigMapProjection,
  ConfigMapVolumeSource,
  DownwardAPIVolumeSource,
  ProjectedVolumeSource,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  Volume,
  VolumeDevice,
  VolumeMount,
  VolumeProjection,
} from '../../../schema/types.ts';
import { mountsOf } from '../../../src/nodes/pods/container-spec.ts';
import { memorySize } from '../../../src/nodes/volumes/empty-dir.ts';
import {
  elsewhere,
  parts,
  refused,
  seen,
  unlessContainerd,
  works,
  type Decision,
  type Trial,
  type TrialPod,
} from './decision.ts';

/** A pod with a volume of this kind, mounted. */
const mounted = (source: Partial<Volume>, more: Partial<VolumeMount> = {}): TrialPod => ({
  pod: { volumes: [{ name: 'v', ...source }] },
  container: { volumeMounts: [{ name: 'v', mountPath: '/v', ...more }] },
});
const EMPTY = mounted({ emptyDir: {} });
const TWO: TrialPod['pod'] = {
  volumes: [
    { name: 'v', emptyDir: {} },
    { name: 'w', hostPath: { path: '/usr' } },
  ],
};
const NAMED: Trial = {
  before: { pod: TWO, container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } },
  after: { pod: TWO, container: { volumeMounts: [{ name: 'w', mountPath: '/v' }] } },
};
const mount = (more: Partial<VolumeMount>, before: Partial<VolumeMount> = {}): Trial => ({
  before: mounted({ emptyDir: {} }, before),
  after: mounted({ emptyDir: {} }, { ...before, ...more }),
});
const kind = (source: Partial<Volume>): Trial => ({ before: EMPTY, after: mounted(source) });
/** Who serves it may not be there, which is told too. */
const served = (source: Partial<Volume>): Decision => ({ ...works(kind(source)), whole: true });
const unserved = (source: Partial<Volume>): Decision =>
  refused('this node has no driver for volumes of type', kind(source));
const all = (type: string, fields: string, decision: Decision): Record<string, Decision> =>
  Object.fromEntries(fields.split(' ').map((field) => [`${type}.${field}`, decision]));
const hostPath = { path: '/usr' };
const change = (having: Partial<Volume>, without: Partial<Volume>): Decision =>
  works({ before: mounted(without), after: mounted(having) });
const ITEM = { key: 'KEY', path: 'file' };
const configMap = (having: ConfigMapVolumeSource, without: ConfigMapVolumeSource = {}): Decision =>
  change({ configMap: { name: 'one', ...having } }, { configMap: { name: 'one', ...without } });
const secret = (having: SecretVolumeSource, without: SecretVolumeSource = {}): Decision =>
  change({ secret: { secretName: 'one', ...having } }, { secret: { secretName: 'one', ...without } });
const NAME = { path: 'name', fieldRef: { fieldPath: 'metadata.name' } };
const downward = (having: DownwardAPIVolumeSource, without: DownwardAPIVolumeSource = { items: [NAME] }): Decision =>
  change({ downwardAPI: having }, { downwardAPI: without });
const MAP: VolumeProjection = { configMap: { name: 'one' } };
const projected = (
  having: VolumeProjection[],
  without: VolumeProjection[],
  more: ProjectedVolumeSource = {},
): Decision => change({ projected: { sources: having, ...more } }, { projected: { sources: without } });
const bothProjections = (field: string, having: ConfigMapProjection, without: ConfigMapProjection) => ({
  [`ConfigMapProjection.${field}`]: projected([{ configMap: having }], [{ configMap: without }]),
  [`SecretProjection.${field}`]: projected([{ secret: having }], [{ secret: without }]),
});
const token = (more: Partial<ServiceAccountTokenProjection>): Decision =>
  projected([{ serviceAccountToken: { path: 'token', ...more } }], [{ serviceAccountToken: { path: 'token' } }]);
const BLOCKS = new Map(['v', 'w'].map((name) => [name, { path: `/dev/${name}`, readOnly: false, block: true }]));
/** Of a container that has one of two block devices. */
const device = (more: Partial<VolumeDevice>): Decision =>
  works(
    seen(
      (devices: Partial<VolumeDevice>) => {
        const volumeDevices = [{ name: 'v', devicePath: '/dev/a', ...devices }];
        return mountsOf({ name: 'c', volumeDevices }, { volumes: BLOCKS }, {});
      },
      more,
      {},
    ),
  );
const claim = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Mi' } } };

/** One of each kind that holds files. */
export const ALL_VOLUMES: Volume[] = [
  { emptyDir: {} },
  { configMap: { name: 'one' } },
  { secret: { secretName: 'one' } },
  { downwardAPI: { items: [NAME] } },
  { projected: { sources: [MAP, { serviceAccountToken: { path: 'token' } }] } },
].map((source, n) => ({ name: `v${n}`, ...source }));

/** The fields of Volume and its sources, of mounts and devices. */
export const volumeFields: Readonly<Record<string, Decision>> = {
  'VolumeMount.mountPath': works(mount({ mountPath: '/w' })),
  'VolumeMount.mountPropagation': works(mount({ mountPropagation: 'HostToContainer' })),
  'VolumeMount.name': works(NAMED),
  'VolumeMount.readOnly': works(mount({ readOnly: true })),
  'VolumeMount.recursiveReadOnly': unlessContainerd(
    'recursiveReadOnly: this containerd cannot make what is mounted below read-only',
    works(mount({ recursiveReadOnly: 'Enabled' }, { readOnly: true })),
  ),
  'VolumeMount.subPath': works(mount({ subPath: 's' })),
  'VolumeMount.subPathExpr': works(mount({ subPathExpr: '$(HOSTNAME)' })),
  'VolumeDevice.devicePath': device({ devicePath: '/dev/b' }),
  'VolumeDevice.name': device({ name: 'w' }),
  'Volume.name': works(NAMED),
  ...all('Volume', 'configMap downwardAPI emptyDir hostPath projected secret', parts),
  'Volume.csi': served({ csi: { driver: 'x.example' } }),
  'Volume.ephemeral': served({ ephemeral: { volumeClaimTemplate: { spec: claim } } }),
  'Volume.image': served({ image: { reference: 'x' } }),
  'Volume.nfs': served({ nfs: { server: 'x', path: '/' } }),
  'Volume.persistentVolumeClaim': served({ persistentVolumeClaim: { claimName: 'x' } }),
  'Volume.awsElasticBlockStore': unserved({ awsElasticBlockStore: { volumeID: 'v' } }),
  'Volume.azureDisk': unserved({ azureDisk: { diskName: 'd', diskURI: 'https://a.blob.core.windows.net/c/d.vhd' } }),
  'Volume.azureFile': unserved({ azureFile: { secretName: 's', shareName: 's' } }),
  'Volume.cephfs': unserved({ cephfs: { monitors: ['m'] } }),
  'Volume.cinder': unserved({ cinder: { volumeID: 'v' } }),
  'Volume.fc': unserved({ fc: { wwids: ['x'] } }),
  'Volume.flexVolume': unserved({ flexVolume: { driver: 'example/x' } }),
  'Volume.flocker': unserved({ flocker: { datasetName: 'd' } }),
  'Volume.gcePersistentDisk': unserved({ gcePersistentDisk: { pdName: 'p' } }),
  'Volume.gitRepo': unserved({ gitRepo: { repository: 'r' } }),
  'Volume.glusterfs': unserved({ glusterfs: { endpoints: 'e', path: 'p' } }),
  'Volume.iscsi': unserved({ iscsi: { targetPortal: '192.0.2.1', iqn: 'iqn.2026-01.example:x', lun: 0 } }),
  'Volume.photonPersistentDisk': unserved({ photonPersistentDisk: { pdID: 'p' } }),
  'Volume.portworxVolume': unserved({ portworxVolume: { volumeID: 'v' } }),
  'Volume.quobyte': unserved({ quobyte: { registry: 'r:1', volume: 'v' } }),
  'Volume.rbd': unserved({ rbd: { monitors: ['m'], image: 'i' } }),
  'Volume.scaleIO': unserved({ scaleIO: { gateway: 'g', system: 's', secretRef: { name: 's' }, volumeName: 'v' } }),
  'Volume.storageos': unserved({ storageos: { volumeName: 'v' } }),
  'Volume.vsphereVolume': unserved({ vsphereVolume: { volumePath: 'v' } }),
  'ConfigMapVolumeSource.defaultMode': configMap({ defaultMode: 0o400 }),
  'ConfigMapVolumeSource.items': configMap({ items: [ITEM] }),
  'ConfigMapVolumeSource.name': configMap({ name: 'two' }),
  'ConfigMapVolumeSource.optional': configMap({ name: 'none', optional: true }, { name: 'none' }),
  'SecretVolumeSource.defaultMode': secret({ defaultMode: 0o400 }),
  'SecretVolumeSource.items': secret({ items: [ITEM] }),
  'SecretVolumeSource.optional': secret({ secretName: 'none', optional: true }, { secretName: 'none' }),
  'SecretVolumeSource.secretName': secret({ secretName: 'two' }),
  'KeyToPath.key': configMap({ items: [{ ...ITEM, key: 'OTHER' }] }, { items: [ITEM] }),
  'KeyToPath.mode': configMap({ items: [{ ...ITEM, mode: 0o400 }] }, { items: [ITEM] }),
  'KeyToPath.path': configMap({ items: [{ ...ITEM, path: 'other' }] }, { items: [ITEM] }),
  'DownwardAPIVolumeSource.defaultMode': downward({ items: [NAME], defaultMode: 0o400 }),
  'DownwardAPIVolumeSource.items': downward({ items: [NAME] }, {}),
  'DownwardAPIVolumeFile.fieldRef': downward({ items: [{ ...NAME, fieldRef: { fieldPath: 'metadata.namespace' } }] }),
  'DownwardAPIVolumeFile.mode': downward({ items: [{ ...NAME, mode: 0o400 }] }),
  'DownwardAPIVolumeFile.path': downward({ items: [{ ...NAME, path: 'other' }] }),
  'DownwardAPIVolumeFile.resourceFieldRef': downward(
    { items: [{ path: 'x', resourceFieldRef: { containerName: 'c', resource: 'limits.memory' } }] },
    { items: [{ path: 'x', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }] },
  ),
  'ProjectedVolumeSource.defaultMode': projected([MAP], [MAP], { defaultMode: 0o400 }),
  'ProjectedVolumeSource.sources': projected([MAP], []),
  ...all('VolumeProjection', 'configMap downwardAPI secret serviceAccountToken', parts),
  ...all(
    'VolumeProjection',
    'clusterTrustBundle podCertificate',
    elsewhere('the API drops it: its gate is closed in 1.35', 'test/nodes/fields/elsewhere.test.ts'),
  ),
  ...bothProjections('items', { name: 'one', items: [ITEM] }, { name: 'one' }),
  ...bothProjections('name', { name: 'two' }, { name: 'one' }),
  ...bothProjections('optional', { name: 'none', optional: true }, { name: 'none' }),
  'DownwardAPIProjection.items': projected([{ downwardAPI: { items: [NAME] } }], [{ downwardAPI: {} }]),
  'ServiceAccountTokenProjection.audience': token({ audience: 'vault' }),
  'ServiceAccountTokenProjection.expirationSeconds': token({ expirationSeconds: 700 }),
  'ServiceAccountTokenProjection.path': token({ path: 'other' }),
  'EmptyDirVolumeSource.medium': works(kind({ emptyDir: { medium: 'HugePages-2Mi' } })),
  'EmptyDirVolumeSource.sizeLimit': works(
    seen((source) => memorySize(source, { containers: [] }, 2 ** 30), { sizeLimit: '1Mi' }, {}),
  ),
  'HostPathVolumeSource.path': works(kind({ hostPath })),
  'HostPathVolumeSource.type': works({
    before: mounted({ hostPath }),
    after: mounted({ hostPath: { ...hostPath, type: 'File' } }),
  }),
};
