import type { KubeObject } from '../../../meta/object.ts';

/** The kinds of the CSI snapshots, `snapshot.storage.k8s.io/v1`, as far as they are used here. */
export const GROUP = 'snapshot.storage.k8s.io';
export const SNAPSHOTS = `volumesnapshots.${GROUP}`;
export const CONTENTS = `volumesnapshotcontents.${GROUP}`;
export const SNAPSHOT_CLASSES = `volumesnapshotclasses.${GROUP}`;

export interface SnapshotError {
  message: string;
  time: string;
}
export interface VolumeSnapshot extends KubeObject {
  spec?: {
    source?: { persistentVolumeClaimName?: string; volumeSnapshotContentName?: string };
    volumeSnapshotClassName?: string;
  };
  status?: {
    boundVolumeSnapshotContentName?: string;
    /** RFC 3339 */
    creationTime?: string;
    readyToUse?: boolean;
    /** quantity */
    restoreSize?: string;
    error?: SnapshotError;
  };
}
export interface VolumeSnapshotContent extends KubeObject {
  spec?: {
    driver?: string;
    deletionPolicy?: 'Delete' | 'Retain';
    volumeSnapshotClassName?: string;
    source?: { volumeHandle?: string; snapshotHandle?: string };
    volumeSnapshotRef?: { namespace?: string; name?: string; uid?: string };
  };
  status?: {
    snapshotHandle?: string;
    /** ns since the epoch */
    creationTime?: number;
    readyToUse?: boolean;
    /** bytes */
    restoreSize?: number;
    error?: SnapshotError;
  };
}
export interface VolumeSnapshotClass extends KubeObject {
  driver?: string;
  deletionPolicy?: 'Delete' | 'Retain';
}

/** A snapshot's handle is the node that has it, and its folder there. */
export function handleOf(text: string | undefined): { node: string; name: string } | undefined {
  const [node, name, ...more] = (text ?? '').split('/');
  // a folder's name leads nowhere else
  return node && name && more.length === 0 && /^[a-z0-9][a-z0-9.-]*$/.test(name) ? { node, name } : undefined;
}
