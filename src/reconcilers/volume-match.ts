import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import { labelMatcher } from '../control/selector.ts';
import { quantityValue } from '../meta/quantity.ts';

const storageOf = (amounts: Record<string, unknown> | undefined): number =>
  quantityValue((amounts?.['storage'] as string | undefined) ?? '0');

export const isFor = (volume: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean => {
  const ref = volume.spec?.claimRef;
  return (
    ref?.namespace === metadata.namespace && ref?.name === metadata.name && (!ref?.uid || ref.uid === metadata.uid)
  );
};

/** Whether the volume could be the claim's: class, mode, access, size and labels. */
export function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const [offer, wish] = [volume.spec ?? {}, claim.spec ?? {}] as [
    NonNullable<PersistentVolume['spec']>,
    NonNullable<PersistentVolumeClaim['spec']>,
  ];
  return (
    (offer.storageClassName ?? '') === (wish.storageClassName ?? '') &&
    (offer.volumeMode ?? 'Filesystem') === (wish.volumeMode ?? 'Filesystem') &&
    (wish.accessModes ?? []).every((mode) => offer.accessModes?.includes(mode)) &&
    storageOf(offer.capacity) >= storageOf(wish.resources?.requests) &&
    (!wish.selector || labelMatcher(wish.selector)(volume.metadata.labels))
  );
}

/** The volume that was made for the claim, or else the smallest free one that suits. */
export function bestVolume(
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
): PersistentVolume | undefined {
  const own = volumes.find((volume) => isFor(volume, claim) && suits(volume, claim));
  if (own) return own;
  return volumes
    .filter(
      (volume) =>
        !volume.spec?.claimRef &&
        !volume.metadata.deletionTimestamp &&
        volume.status?.phase === 'Available' &&
        suits(volume, claim),
    )
    .sort(
      (a, b) =>
        storageOf(a.spec?.capacity) - storageOf(b.spec?.capacity) || (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0];
}
