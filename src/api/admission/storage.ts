import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { DEFAULT_STORAGE_CLASS } from '../../rules/default-class.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { objectAs, type ObjectOf } from '../object-as.ts';
import { defaultClass } from './default-class.ts';
import { incoming, isWriteOf, previous, validated } from './objects.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLAIM = 'persistentvolumeclaims';
const CLASSES = 'storageclasses.storage.k8s.io';

/** A claim that names no class gets the default one: the newest, where there are several. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, CLAIM),
  admit(request) {
    const claim = incoming(request, CLAIM);
    const spec = (claim.spec ??= {});
    if (
      spec.storageClassName !== undefined ||
      claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined
    )
      return;
    const chosen = defaultClass(request.store, CLASSES, DEFAULT_STORAGE_CLASS);
    if (chosen !== undefined) spec.storageClassName = chosen;
  },
};

/** Volumes and claims in use are held by a finalizer that a controller takes away. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (target, operation) =>
    operation === 'CREATE' && (isWriteOf(target, 'persistentvolumes') || isWriteOf(target, CLAIM)),
  admit({ object, target }) {
    const finalizer = isWriteOf(target, CLAIM) ? 'kubernetes.io/pvc-protection' : 'kubernetes.io/pv-protection';
    const finalizers = object!.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) object!.metadata.finalizers = [...finalizers, finalizer];
  },
};

const sizeOf = ({ spec }: ObjectOf<typeof CLAIM>): string | undefined => spec?.resources?.requests?.['storage'];

/** A claim grows only where its class allows it. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (target, operation) => operation === 'UPDATE' && isWriteOf(target, CLAIM),
  validate(request) {
    const { store } = request;
    const [claim, old] = [validated(request, CLAIM), previous(request, CLAIM)];
    const [now, before] = [sizeOf(claim), sizeOf(old)];
    if (!now || !before || compareQuantity(parseQuantity(now), parseQuantity(before)) <= 0) return;
    const refuse = (why: string) => forbiddenRequest({ group: '', resource: CLAIM }, claim.metadata.name, why);
    if (old.status?.phase !== 'Bound') throw refuse('only bound persistent volume claims can be expanded');
    const name = claim.spec?.storageClassName ?? '';
    const storageClass = name ? store.get({ resource: CLASSES, namespace: '', name }) : undefined;
    if (!storageClass || objectAs(CLASSES, storageClass).allowVolumeExpansion !== true) {
      throw refuse(
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    }
  },
};
