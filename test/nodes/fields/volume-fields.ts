import type { Volume, VolumeMount } from '../../../schema/types.ts';
import {
  elsewhere,
  parts,
  refused,
  unlessContainerd,
  works,
  type Decision,
  type Trial,
  type TrialPod,
} from './decision.ts';

const FILES = 'test/nodes/volumes/volume-files.test.ts';
const DEVICES = 'test/nodes/volumes/claimed-volume.test.ts';
const EMPTY_DIRS = 'test/nodes/volumes/empty-dir.test.ts';

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
const claim = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Mi' } } };

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
  'VolumeDevice.devicePath': works(DEVICES),
  'VolumeDevice.name': works(DEVICES),
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
  ...all('ConfigMapVolumeSource', 'defaultMode items name optional', works(FILES)),
  ...all('SecretVolumeSource', 'defaultMode items optional secretName', works(FILES)),
  ...all('KeyToPath', 'key mode path', works(FILES)),
  ...all('DownwardAPIVolumeSource', 'defaultMode items', works(FILES)),
  ...all('DownwardAPIVolumeFile', 'fieldRef mode path resourceFieldRef', works(FILES)),
  ...all('ProjectedVolumeSource', 'defaultMode sources', works(FILES)),
  ...all('VolumeProjection', 'configMap downwardAPI secret serviceAccountToken', parts),
  ...all(
    'VolumeProjection',
    'clusterTrustBundle podCertificate',
    elsewhere('the API drops it: its gate is closed in 1.35', 'test/nodes/fields/elsewhere.test.ts'),
  ),
  ...all('ConfigMapProjection', 'items name optional', works(FILES)),
  ...all('SecretProjection', 'items name optional', works(FILES)),
  ...all('DownwardAPIProjection', 'items', works(FILES)),
  ...all('ServiceAccountTokenProjection', 'audience expirationSeconds path', works(FILES)),
  ...all('EmptyDirVolumeSource', 'medium sizeLimit', works(EMPTY_DIRS)),
  'HostPathVolumeSource.path': works(kind({ hostPath })),
  'HostPathVolumeSource.type': works({
    before: mounted({ hostPath }),
    after: mounted({ hostPath: { ...hostPath, type: 'File' } }),
  }),
};
