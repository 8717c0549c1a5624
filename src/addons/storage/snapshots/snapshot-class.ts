import type { KubeObject } from '../../../meta/object.ts';
import { PROVISIONER } from '../names.ts';
import type { VolumeSnapshot, VolumeSnapshotClass } from './kinds.ts';

const DEFAULT = 'snapshot.storage.kubernetes.io/is-default-class';

/** The class that a snapshot names, or the default one of this driver; an error where there is none. */
export function snapshotClass(
  { spec }: VolumeSnapshot,
  classes: readonly KubeObject[],
): VolumeSnapshotClass | { error: string } {
  const all = classes as readonly VolumeSnapshotClass[];
  const name = spec?.volumeSnapshotClassName;
  if (name !== undefined) {
    const named = all.find(({ metadata }) => metadata.name === name);
    if (!named) return { error: `volumesnapshotclass.snapshot.storage.k8s.io "${name}" not found` };
    if (named.driver === PROVISIONER) return named;
    return { error: `snapshot class ${name} is of driver ${named.driver ?? ''}, the volume of ${PROVISIONER}` };
  }
  const defaults = all.filter(
    ({ metadata, driver }) => driver === PROVISIONER && metadata.annotations?.[DEFAULT] === 'true',
  );
  const [only, ...others] = defaults;
  if (!only) return { error: 'cannot find default snapshot class' };
  return others.length ? { error: `${defaults.length} default snapshot classes were found` } : only;
}
