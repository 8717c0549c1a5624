import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import { hasAccessModes, matchingVolume, type Circumstances } from '../rules/matching-volume.ts';

const modesOf = ({ spec }: PersistentVolume): number => new Set(spec?.accessModes).size;

/**
 * The volume that a claim is bound to: one of those with the fewest access modes beyond those that it asks for, so that
 * the others stay for those who need them. Source: pkg/controller/volume/persistentvolume findByClaim.
 */
export function bestVolume(
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  circumstances: Circumstances = {},
): PersistentVolume | undefined {
  const able = volumes.filter((volume) => hasAccessModes(volume, claim));
  const counts = [...new Set(able.map(modesOf))].sort((a, b) => a - b);
  for (const count of counts) {
    const alike = able.filter((volume) => modesOf(volume) === count);
    const found = matchingVolume(claim, alike, circumstances);
    if (found) return found;
  }
  return undefined;
}
