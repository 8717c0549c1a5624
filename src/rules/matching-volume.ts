import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import { labelSelectorAsSelector } from '../meta/labels.ts';
import { quantityValue } from '../meta/quantity.ts';

const storageOf = (amounts: Readonly<Record<string, string>> | undefined): number =>
  quantityValue(amounts?.['storage'] ?? '0');
const sizeOf = ({ spec }: PersistentVolume): number => storageOf(spec?.capacity);

/** Bytes that a claim asks for. */
export const wantedStorage = ({ spec }: PersistentVolumeClaim): number => storageOf(spec?.resources?.requests);

/** The class of a volume or of a claim, '' for none: the annotation is older than the field, and still wins. */
export const storageClassOf = ({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string =>
  metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';

/** Whether a claim is the one that is written on the volume, by name and perhaps by uid. */
export function isKeptFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { namespace, name, uid } = spec?.claimRef ?? {};
  return name === metadata.name && namespace === metadata.namespace && (!uid || uid === metadata.uid);
}

export const hasAccessModes = (volume: PersistentVolume, { spec }: PersistentVolumeClaim): boolean =>
  (spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode));

/** What else decides which volume a claim gets. */
export interface Circumstances {
  /** names of volumes that are promised to others */
  taken?: ReadonlySet<string>;
  /** whether the volume can be used where the claim's pod is to run; of controllers, that know no node, all can */
  reaches?(volume: PersistentVolume): boolean;
  /** a volume that is nobody's is not for this claim to take (yet) */
  keptOnly?: boolean;
}

/**
 * The volume that is kept for the claim, whatever its class and its modes; undefined where that is not to be reached.
 * Else the smallest free one that suits, of equals the first by name. Source: component-helpers/storage/volume
 * FindMatchingVolume.
 */
export function matchingVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { taken, reaches = () => true, keptOnly = false }: Circumstances = {},
): PersistentVolume | undefined {
  const selector = claim.spec?.selector && labelSelectorAsSelector(claim.spec.selector);
  const wanted = wantedStorage(claim);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (taken?.has(volume.metadata.name) || volume.metadata.deletionTimestamp) continue;
    if (volume.spec?.claimRef && !isKeptFor(volume, claim)) continue;
    if (sizeOf(volume) < wanted || !isOfSameSort(volume, claim)) continue;
    if (volume.spec?.claimRef) return reaches(volume) ? volume : undefined;
    if (keptOnly || volume.status?.phase !== 'Available') continue;
    if (selector && !selector.matches(volume.metadata.labels)) continue;
    if (storageClassOf(volume) !== storageClassOf(claim) || !hasAccessModes(volume, claim) || !reaches(volume))
      continue;
    if (!smallest || isBefore(volume, smallest)) smallest = volume;
  }
  return smallest;
}

const hasSameMode = ({ spec: offer }: PersistentVolume, { spec: wish }: PersistentVolumeClaim): boolean =>
  (offer?.volumeMode ?? 'Filesystem') === (wish?.volumeMode ?? 'Filesystem');
const hasSameAttributes = ({ spec: offer }: PersistentVolume, { spec: wish }: PersistentVolumeClaim): boolean =>
  (offer?.volumeAttributesClassName ?? '') === (wish?.volumeAttributesClassName ?? '');

/** Of the same mode and attributes. */
const isOfSameSort = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  hasSameMode(volume, claim) && hasSameAttributes(volume, claim);

/**
 * Why a volume that a claim names is not for it, in Kubernetes' words; undefined where it is. Source: pv_controller
 * checkVolumeSatisfyClaim.
 */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { name, deletionTimestamp } = volume.metadata;
  if (deletionTimestamp) return `the volume is marked for deletion "${name}"`;
  if (sizeOf(volume) < wantedStorage(claim)) return 'requested PV is too small';
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match';
  if (!hasSameAttributes(volume, claim)) return 'volumeAttributesClassName does not match';
  if (!hasSameMode(volume, claim)) return 'incompatible volumeMode';
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode';
}

function isBefore(a: PersistentVolume, b: PersistentVolume): boolean {
  const more = sizeOf(a) - sizeOf(b);
  return more === 0 ? a.metadata.name < b.metadata.name : more < 0;
}
