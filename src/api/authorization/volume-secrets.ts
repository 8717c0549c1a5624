import type { PersistentVolume, SecretReference } from '../../../schema/types.ts';
import type { Unchecked } from '../../meta/object.ts';

/** Whose Secret it is where the volume does not say: the claim's. */
type Place = 'claim' | 'none';
type Reference = Partial<SecretReference> | undefined;

/**
 * The Secrets, as `namespace/name`, that a node needs to mount a volume; those by which a controller attaches it are no
 * matter of the node's. Source: VisitPVSecretNames of Kubernetes.
 */
export function volumeSecretsOf({ spec }: Unchecked<PersistentVolume>): string[] {
  const { azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi } = spec ?? {};
  const claim = spec?.claimRef?.namespace ?? '';
  const found: string[] = [];
  const add = (reference: Reference, otherwise: Place): void => {
    const namespace = reference?.namespace || (otherwise === 'claim' ? claim : '');
    if (reference?.name) found.push(`${namespace}/${reference.name}`);
  };
  add({ name: azureFile?.secretName ?? '', namespace: azureFile?.secretNamespace ?? '' }, 'claim');
  for (const source of [cephfs, flexVolume, rbd, scaleIO, iscsi]) add(source?.secretRef, 'claim');
  for (const source of [cinder, storageos]) add(source?.secretRef, 'none');
  for (const reference of [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef])
    add(reference, 'none');
  return found;
}
