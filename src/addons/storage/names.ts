/** The provisioner that StorageClasses, and the driver that VolumeSnapshotClasses, name. */
export const PROVISIONER = 'node-local.ku7s.io';
export const ACCOUNT = 'storage-provisioner';

/** What external provisioners write and read. Source: sig-storage-lib-external-provisioner. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
export const HOSTNAME = 'kubernetes.io/hostname';

export const CLAIMS = 'persistentvolumeclaims';
export const VOLUMES = 'persistentvolumes';
export const CLASSES = 'storageclasses.storage.k8s.io';
