import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import type { Target } from '../contract.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLASSES = 'storageclasses.storage.k8s.io';
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const CLAIMS = { group: '', resource: 'persistentvolumeclaims' };
const isPlain = (target: Target, resource: string): boolean =>
  target.kind.group === '' && target.kind.resource === resource && target.subresource === '';

/** A claim that names no class gets the default one: the newest, where there are several. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (target, operation) => operation === 'CREATE' && isPlain(target, 'persistentvolumeclaims'),
  admit({ store, object }) {
    const spec = (object!['spec'] ??= {});
    if (
      spec.storageClassName !== undefined ||
      object!.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined
    )
      return;
    const classes = store
      .list({ resource: CLASSES })
      .items.filter((c) => c.object.metadata.annotations?.[DEFAULT] === 'true')
      .sort((a, b) =>
        a.object.metadata.creationTimestamp < b.object.metadata.creationTimestamp
          ? 1
          : a.object.metadata.creationTimestamp > b.object.metadata.creationTimestamp
            ? -1
            : a.name < b.name
              ? -1
              : 1,
      );
    if (classes.length) spec.storageClassName = classes[0].name;
  },
};

const PROTECTION: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
};

/** Volumes and claims in use are held by a finalizer that a controller takes away. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (target, operation) =>
    operation === 'CREATE' && Object.keys(PROTECTION).some((resource) => isPlain(target, resource)),
  admit({ object, target }) {
    const finalizer = PROTECTION[target.kind.resource];
    const finalizers = object!.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) object!.metadata.finalizers = [...finalizers, finalizer];
  },
};

/** A claim grows only where its class allows it. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (target, operation) => operation === 'UPDATE' && isPlain(target, 'persistentvolumeclaims'),
  validate({ store, object, old }) {
    const size = (o: typeof object): string | undefined => o!['spec']?.resources?.requests?.storage;
    const [now, before] = [size(object), size(old)];
    if (!now || !before || compareQuantity(parseQuantity(now), parseQuantity(before)) <= 0) return;
    const refuse = (why: string) => forbiddenRequest(CLAIMS, object!.metadata.name, why);
    if (old!['status']?.phase !== 'Bound') throw refuse('only bound persistent volume claims can be expanded');
    const name: string = object!['spec']?.storageClassName ?? '';
    const storageClass = name ? store.get({ resource: CLASSES, namespace: '', name }) : undefined;
    if (storageClass?.object['allowVolumeExpansion'] !== true) {
      throw refuse(
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    }
  },
};
