import type { ObjectMeta } from '../../../meta/object.ts';

/** What volumes and claims show alike. */
const MODES = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const accessModesCell = (modes: readonly string[] | undefined): string =>
  Object.entries(MODES)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

export const classCell = (metadata: ObjectMeta, named: string | undefined): string =>
  metadata.annotations?.[OLD_CLASS] ?? named ?? '';

export const phaseCell = (metadata: ObjectMeta, phase: string | undefined): string =>
  metadata.deletionTimestamp ? 'Terminating' : (phase ?? '');
