import type { StorageClass } from '../../../schema/types.ts';
import { FolderError, type Form } from './node-folders.ts';

/** Names that external provisioners understand, of whatever driver. */
const COMMON = /^csi\.storage\.k8s\.io\//;

/**
 * What a class asks for: `capacity: hard` keeps each volume to its size by a file system of its own, `soft` (when not
 * said) is a folder on the node's.
 * @throws FolderError for what it asks in vain
 */
export function formOf({ parameters = {} }: StorageClass, volumeMode: string): Form {
  const { capacity = 'soft', fsType = 'ext4', ...others } = parameters;
  const unknown = Object.keys(others).find((name) => !COMMON.test(name));
  if (unknown !== undefined) throw new FolderError(`unknown parameter ${JSON.stringify(unknown)} of the storage class`);
  const type = parameters['csi.storage.k8s.io/fstype'] ?? fsType;
  if (type !== 'ext4') throw new FolderError(`file systems of type ${type} are not made here, ext4 alone`);
  if (capacity !== 'soft' && capacity !== 'hard') throw new FolderError('the parameter capacity is soft or hard');
  if (volumeMode === 'Block') return 'block';
  return capacity === 'hard' ? 'filesystem' : 'folder';
}
