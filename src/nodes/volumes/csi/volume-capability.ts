import type { PersistentVolumeSpec } from '../../../../schema/types.ts';
import type { AccessMode, VolumeCapability } from '../../../rules/csi/messages.ts';

/** @param fine whether the driver tells one writer of a node from several (SINGLE_NODE_MULTI_WRITER) */
function accessMode(mode: string | undefined, fine: boolean): AccessMode {
  if (mode === 'ReadOnlyMany') return 'MULTI_NODE_READER_ONLY';
  if (mode === 'ReadWriteMany') return 'MULTI_NODE_MULTI_WRITER';
  if (!fine) return 'SINGLE_NODE_WRITER';
  return mode === 'ReadWriteOncePod' ? 'SINGLE_NODE_SINGLE_WRITER' : 'SINGLE_NODE_MULTI_WRITER';
}

/** How a volume is to be used, in the driver's terms. @param group that its files are to be of, where the driver sees to that */
export function volumeCapability(
  {
    accessModes,
    volumeMode,
    mountOptions = [],
    csi,
  }: Pick<PersistentVolumeSpec, 'accessModes' | 'volumeMode' | 'mountOptions' | 'csi'>,
  fine: boolean,
  group?: number,
): VolumeCapability {
  const access_mode = { mode: accessMode(accessModes?.[0], fine) };
  if (volumeMode === 'Block') return { block: {}, access_mode };
  const mount = {
    fs_type: csi?.fsType ?? '',
    mount_flags: mountOptions,
    ...(group !== undefined && { volume_mount_group: String(group) }),
  };
  return { mount, access_mode };
}
