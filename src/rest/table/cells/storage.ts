import type {
  CSIDriver,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '../../../../schema/types.ts';
import type { ObjectMeta } from '../../../meta/object.ts';
import type { Printer } from '../printer.ts';
import { NONE, since, UNSET } from './shared.ts';

const MODES = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

const accessModes = (modes: readonly string[] | undefined): string =>
  Object.entries(MODES)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

const classOf = (metadata: ObjectMeta, named: string | undefined): string =>
  metadata.annotations?.[OLD_CLASS] ?? named ?? '';
const phaseOf = (metadata: ObjectMeta, phase: string | undefined): string =>
  metadata.deletionTimestamp ? 'Terminating' : (phase ?? '');

const volumes: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as PersistentVolume;
  return [
    metadata.name,
    spec?.capacity?.storage ?? '0',
    accessModes(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    phaseOf(metadata, status?.phase),
    spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
    classOf(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    status?.reason ?? '',
    since(metadata.creationTimestamp, now),
    spec?.volumeMode ?? UNSET,
  ];
};

const claims: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as PersistentVolumeClaim;
  const bound = Boolean(spec?.volumeName);
  return [
    metadata.name,
    phaseOf(metadata, status?.phase),
    spec?.volumeName ?? '',
    bound ? (status?.capacity?.storage ?? '0') : '',
    bound ? accessModes(status?.accessModes) : '',
    classOf(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    since(metadata.creationTimestamp, now),
    spec?.volumeMode ?? UNSET,
  ];
};

const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

const classes: Printer = (object, now) => {
  const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } =
    object as unknown as StorageClass;
  const isDefault = DEFAULT_CLASS.some((name) => metadata.annotations?.[name] === 'true');
  return [
    `${metadata.name}${isDefault ? ' (default)' : ''}`,
    provisioner ?? '',
    reclaimPolicy ?? 'Delete',
    volumeBindingMode ?? 'Immediate',
    allowVolumeExpansion ?? false,
    since(metadata.creationTimestamp, now),
  ];
};

const attachments: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as VolumeAttachment;
  const volume = spec?.source?.persistentVolumeName ?? '';
  return [
    metadata.name,
    spec?.attacher ?? '',
    volume,
    spec?.nodeName ?? '',
    status?.attached ?? false,
    since(metadata.creationTimestamp, now),
  ];
};

const drivers: Printer = (object, now) => {
  const { metadata, spec } = object as unknown as CSIDriver;
  return [
    metadata.name,
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    spec?.tokenRequests?.map((t) => t.audience).join(',') ?? UNSET,
    spec?.requiresRepublish ?? false,
    spec?.volumeLifecycleModes?.join(',') || NONE,
    since(metadata.creationTimestamp, now),
  ];
};

const attributesClasses: Printer = (object, now) => [
  object.metadata.name,
  object.driverName ?? '',
  since(object.metadata.creationTimestamp, now),
];
const csiNodes: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.drivers?.length ?? 0,
  since(metadata.creationTimestamp, now),
];

export const storageCells: Readonly<Record<string, Printer>> = {
  persistentvolumes: volumes,
  persistentvolumeclaims: claims,
  'storageclasses.storage.k8s.io': classes,
  'volumeattachments.storage.k8s.io': attachments,
  'csidrivers.storage.k8s.io': drivers,
  'csinodes.storage.k8s.io': csiNodes,
  'volumeattributesclasses.storage.k8s.io': attributesClasses,
};
