import type { Context } from '../../../control/contract.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { formatTime } from '../../../meta/time.ts';
import type { Place } from '../place.ts';
import { CONTENTS, type VolumeSnapshotContent } from './kinds.ts';

type WriteStatus = (resource: string, object: KubeObject, status: object, ctx: Context) => Promise<void>;

/**
 * Copies the volume of a content to the snapshots of this node and says so in its status. What pods write meanwhile may
 * be in it or not, file by file; of a disk nothing is said that its file system does not repair.
 */
export async function takeSnapshot(
  content: VolumeSnapshotContent,
  { folders, snapshots, node }: Place,
  ctx: Context,
  writeStatus: WriteStatus,
): Promise<void> {
  const { name } = content.metadata;
  const volume = content.spec?.source?.volumeHandle ?? '';
  try {
    const record = await folders.record(volume);
    if (!record) throw new Error(`the folder of volume ${volume} is not there`);
    const reclaim = content.spec?.deletionPolicy !== 'Retain';
    await snapshots.make(name, { ...record, reclaim }, folders.pathOf(volume, record.form));
    const status = {
      snapshotHandle: `${node}/${name}`,
      creationTime: ctx.clock.now() * 1e6,
      readyToUse: true,
      restoreSize: record.bytes,
      error: null,
    };
    await writeStatus(CONTENTS, content, status, ctx);
  } catch (error) {
    const failed = { message: (error as Error).message, time: formatTime(ctx.clock.now()) };
    await writeStatus(CONTENTS, content, { readyToUse: false, error: failed }, ctx);
    throw error;
  }
}
