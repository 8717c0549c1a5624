import type { Pod, Volume } from '../../schema/types.ts';
import type { Parts, Unchecked } from '../meta/object.ts';

/** The claim that a volume of the pod is, by its name or made for the pod; undefined where it is none. */
export const claimOf = (pod: Unchecked<Pod>, volume: Parts<Volume>): string | undefined =>
  volume.persistentVolumeClaim?.claimName ??
  (volume.ephemeral ? `${pod.metadata.name}-${volume.name ?? ''}` : undefined);
