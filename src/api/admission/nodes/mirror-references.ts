import type { Pod, Volume, VolumeProjection } from '../../../../schema/types.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { configMapsOf, secretsOf } from '../../../rules/pod-references.ts';

/** Volumes that need nothing of the API. */
const HARMLESS = [
  'awsElasticBlockStore',
  'azureDisk',
  'cephfs',
  'cinder',
  'downwardAPI',
  'emptyDir',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'hostPath',
  'image',
  'iscsi',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
] as const satisfies readonly (keyof Volume)[];
/** What others refer to. */
const REFERRING = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
] as const satisfies readonly (readonly [keyof Volume, string])[];
const PROJECTED = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
] as const satisfies readonly (readonly [keyof VolumeProjection, string])[];

/** What a pod of which nobody knows better refers to: a volume of a type that is not known here. */
export interface Unknown {
  unknown: string;
}

/**
 * What objects of the API a pod refers to, as messages name them; undefined where it refers to none. Source:
 * HasAPIObjectReference of Kubernetes.
 */
export function apiReferenceOf({ spec }: Unchecked<Pod>): string | Unknown | undefined {
  if (spec?.serviceAccountName || spec?.serviceAccount) return 'serviceaccounts';
  if (secretsOf(spec).length) return 'secrets';
  if (configMapsOf(spec).length) return 'configmaps';
  if (spec?.resourceClaims?.length) return 'resourceclaims';
  for (const volume of spec?.volumes ?? []) {
    const found = volumeReference(volume);
    if (found) return found;
  }
  return undefined;
}

function volumeReference(volume: Parts<Volume>): string | Unknown | undefined {
  if (HARMLESS.some((type) => volume[type])) return undefined;
  for (const [type, what] of REFERRING) if (volume[type]) return what;
  const { name = '', projected } = volume;
  if (!projected) return { unknown: `unknown volume type for volume  ${JSON.stringify(name)}` };
  for (const source of projected.sources ?? []) {
    const found = PROJECTED.find(([type]) => source[type]);
    if (found) return found[1];
    if (!source.downwardAPI) return { unknown: `unknown source for projected volume ${JSON.stringify(name)}` };
  }
  return undefined;
}
