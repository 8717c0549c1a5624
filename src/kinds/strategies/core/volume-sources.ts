import type { PersistentVolumeSpec, SecretReference } from '../../../../schema/types.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
  type Path,
} from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, rangeError } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { keysOf } from '../../../meta/record.ts';

/** What each source of a PersistentVolume must say (core/v1 ValidatePersistentVolumeSpec). */
type Errors = FieldError[];
type Spec = Parts<PersistentVolumeSpec>;
/** The fields of a volume's spec that say what it is. */
type Source = Exclude<
  keyof Spec,
  | 'accessModes'
  | 'capacity'
  | 'claimRef'
  | 'mountOptions'
  | 'nodeAffinity'
  | 'persistentVolumeReclaimPolicy'
  | 'storageClassName'
  | 'volumeAttributesClassName'
  | 'volumeMode'
>;
type Check<K extends Source> = (source: NonNullable<Spec[K]>, at: Path, volume: string) => Errors;

const isEmpty = (value: unknown): boolean => !(typeof value === 'string' || Array.isArray(value)) || value.length === 0;
const need = <T extends object>(source: T, at: Path, ...fields: (keyof T & string)[]): Errors =>
  fields.filter((field) => isEmpty(source[field])).map((field) => required(at.child(field)));
const label = (value: string, at: Path): Errors => isDns1123Label(value).map((why) => invalid(at, value, why));

/** No element of the path leads up. */
const validateNoBacksteps = (path: string, at: Path): Errors =>
  path.split('/').includes('..') ? [invalid(at, path, "must not contain '..'")] : [];

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
export const hostPath: Check<'hostPath'> = ({ path, type }, at) => {
  if (!path) return [required(at.child('path'))];
  const known = type === undefined || type === null || HOST_PATH_TYPES.includes(type);
  return [
    ...validateNoBacksteps(path, at.child('path')),
    ...(known ? [] : [notSupported(at.child('type'), type, HOST_PATH_TYPES)]),
  ];
};

const partition = (value: number | undefined, at: Path): Errors =>
  (value ?? 0) < 0 || (value ?? 0) > 255 ? [invalid(at.child('partition'), value, rangeError(1, 255))] : [];

export const nfs: Check<'nfs'> = (source, at) => [
  ...need(source, at, 'server', 'path'),
  ...(source.path?.startsWith('/') ? [] : [invalid(at.child('path'), source.path ?? '', 'must be an absolute path')]),
];

/** A host and a port as Go's net.SplitHostPort takes them apart. */
const isHostPort = (pair: string): boolean => /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair);
const REGISTRY = 'must be a host:port pair or multiple pairs separated by commas';
export const quobyte: Check<'quobyte'> = ({ registry, tenant, volume }, at) => {
  const errors: Errors = [];
  if (!registry) errors.push(required(at.child('registry'), REGISTRY));
  else if ((tenant?.length ?? 0) >= 65)
    errors.push(required(at.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!isHostPort(pair)) errors.push(invalid(at.child('registry'), registry, REGISTRY));
  return volume ? errors : [...errors, required(at.child('volume'))];
};

const glusterfs: Check<'glusterfs'> = (source, at) => {
  const errors = need(source, at, 'endpoints', 'path');
  const space = source.endpointsNamespace;
  const here = at.child('endpointsNamespace');
  if (space === '')
    return [...errors, invalid(here, space, 'if the endpointnamespace is set, it must be a valid namespace name')];
  return space === undefined ? errors : [...errors, ...label(space, here)];
};

export const flocker: Check<'flocker'> = ({ datasetName: name, datasetUUID: uuid }, at) => {
  const errors: Errors = [];
  if (!name && !uuid) errors.push(required(at, 'one of datasetName and datasetUUID is required'));
  if (name && uuid)
    errors.push(invalid(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (name?.includes('/')) errors.push(invalid(at.child('datasetName'), name, "must not contain '/'"));
  return errors;
};

const QUALIFIED: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};
/** Names of initiators and targets: `iqn.2001-04.com.example:storage`. */
function iscsiName(value: string, at: Path): Errors {
  const rule = QUALIFIED[value.slice(0, 3)];
  return rule?.test(value) ? [] : [invalid(at, value, 'must be valid format')];
}

const lun = (value: number | undefined, at: Path): Errors =>
  (value ?? 0) < 0 || (value ?? 0) > 255 ? [invalid(at.child('lun'), value, rangeError(0, 255))] : [];
const LONG_PORTAL =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
const iscsi: Check<'iscsi'> = (source, at, volume) => {
  const { initiatorName, targetPortal = '', iqn, secretRef } = source;
  const errors = need(source, at, 'targetPortal');
  const named = initiatorName !== undefined && initiatorName !== null;
  if (named && Buffer.byteLength(`${volume}:${targetPortal}`) > 64)
    errors.push(invalid(at.child('targetportal'), targetPortal, LONG_PORTAL));
  errors.push(...(iqn ? iscsiName(iqn, at.child('iqn')) : [required(at.child('iqn'))]), ...lun(source.lun, at));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !secretRef) errors.push(required(at.child('secretRef')));
  if (secretRef && !secretRef.name) errors.push(required(at.child('secretRef', 'name')));
  return named ? [...errors, ...iscsiName(initiatorName, at.child('initiatorname'))] : errors;
};

export const fc: Check<'fc'> = ({ targetWWNs = [], wwids = [], lun: number }, at) => {
  const errors: Errors = [];
  const names = at.child('targetWWNs');
  if (!targetWWNs.length && !wwids.length)
    errors.push(required(names, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length && wwids.length)
    errors.push(invalid(names, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (!targetWWNs.length) return errors;
  return [
    ...errors,
    ...(number == null ? [required(at.child('lun'), 'lun is required if targetWWNs is specified')] : lun(number, at)),
  ];
};

export const flexVolume: Check<'flexVolume'> = (source, at) => {
  const reserved = Object.keys(source.options ?? {}).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${key.split('/', 1)[0]!.toLowerCase()}`),
  );
  const errors = need(source, at, 'driver');
  for (const key of reserved)
    errors.push(invalid(at.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'));
  return errors;
};

/** A Secret in a namespace of its own choice, both named. */
const secretNamed = (ref: Parts<SecretReference> | undefined, at: Path): Errors =>
  ref
    ? (['name', 'namespace'] as const)
        .filter((field) => !ref[field])
        .map((field) => required(at.child('secretRef', field)))
    : [];

const azureFile: Check<'azureFile'> = (source, at) => [
  ...need(source, at, 'secretName', 'shareName'),
  ...(source.secretNamespace === '' ? [required(at.child('secretNamespace'))] : []),
];

const CACHING = ['None', 'ReadOnly', 'ReadWrite'];
const DISKS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED = ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'];
const BLOB = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];
export const azureDisk: Check<'azureDisk'> = (source, at) => {
  const { cachingMode, kind, diskURI = '' } = source;
  const errors = need(source, at, 'diskName', 'diskURI');
  if (cachingMode && !CACHING.includes(cachingMode))
    errors.push(notSupported(at.child('cachingMode'), cachingMode, CACHING));
  if (kind && !DISKS.includes(kind)) errors.push(notSupported(at.child('kind'), kind, DISKS));
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    errors.push(notSupported(at.child('diskURI'), diskURI, MANAGED));
  if (kind && kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(notSupported(at.child('diskURI'), diskURI, BLOB));
  return errors;
};

const storageos: Check<'storageos'> = ({ volumeName, volumeNamespace, secretRef }, at) => [
  ...(volumeName ? label(volumeName, at.child('volumeName')) : [required(at.child('volumeName'))]),
  ...(volumeNamespace ? label(volumeNamespace, at.child('volumeNamespace')) : []),
  ...secretNamed(secretRef, at),
];

/** Name of a CSI driver: a subdomain in any case, of at most 63 characters. */
export function validateCsiDriverName(driver: string | undefined, at: Path): Errors {
  const name = driver ?? '';
  return [
    ...(name ? [] : [required(at)]),
    ...(Buffer.byteLength(name) > 63 ? [tooLong(at, 63)] : []),
    ...isDns1123Subdomain(name.toLowerCase()).map((why) => invalid(at, name, why)),
  ];
}

function csiSecret({ name, namespace }: Parts<SecretReference>, at: Path): Errors {
  return [
    ...(name
      ? isDns1123Subdomain(name).map((why) => invalid(at.child('name'), name, why))
      : [required(at.child('name'))]),
    ...(namespace ? label(namespace, at.child('namespace')) : [required(at.child('namespace'))]),
  ];
}
const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;
const csi: Check<'csi'> = (source, at) => [
  ...validateCsiDriverName(source.driver, at.child('driver')),
  ...need(source, at, 'volumeHandle'),
  ...CSI_SECRETS.flatMap((field) => (source[field] ? csiSecret(source[field], at.child(field)) : [])),
];

const needs =
  <T extends object>(...fields: (keyof T & string)[]) =>
  (source: T, at: Path): Errors =>
    need(source, at, ...fields);

/** In the order in which they are looked at: what comes after the first is one too many. */
const SOURCES: { readonly [K in Source]: Check<K> } = {
  hostPath,
  gcePersistentDisk: (source, at) => [...need(source, at, 'pdName'), ...partition(source.partition, at)],
  awsElasticBlockStore: (source, at) => [...need(source, at, 'volumeID'), ...partition(source.partition, at)],
  glusterfs,
  flocker,
  nfs,
  rbd: needs('monitors', 'image'),
  quobyte,
  cephfs: needs('monitors'),
  iscsi,
  cinder: (source, at) => [...need(source, at, 'volumeID'), ...secretNamed(source.secretRef, at)],
  fc,
  flexVolume,
  azureFile,
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk,
  scaleIO: needs('gateway', 'system', 'volumeName'),
  local: ({ path }, at) => (path ? validateNoBacksteps(path, at.child('path')) : [required(at.child('path'))]),
  storageos,
  csi,
};
/** Where the API server's path is not the field's name. */
const PATHS: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const TWICE: Readonly<Record<string, string>> = { cephfs: 'cephFS' };

/** The sources that a volume's spec names, in the order in which they are looked at. */
const sourcesOf = (spec: Spec): Source[] =>
  keysOf(SOURCES).filter((field) => spec[field] !== undefined && spec[field] !== null);

function checkSource<K extends Source>(field: K, spec: Spec, volume: string, at: Path): Errors {
  const check: Check<K> = SOURCES[field];
  const source = spec[field];
  return source ? check(source, at.child(PATHS[field] ?? field), volume) : [];
}

/** Exactly one source, and that one good. A flexVolume is looked at in any place, and never one too many. */
export function validateVolumeSource(spec: Spec, volume: string, at: Path): Errors {
  const found = sourcesOf(spec);
  if (found.length === 0) return [required(at, 'must specify a volume type')];
  return found.flatMap((field, i) =>
    i === 0 || field === 'flexVolume'
      ? checkSource(field, spec, volume, at)
      : [forbidden(at.child(TWICE[field] ?? field), 'may not specify more than 1 volume type')],
  );
}
