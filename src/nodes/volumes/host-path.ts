import { chmod, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { HostPathVolumeSource } from '../../../schema/types.ts';
import { isWithin } from '../../rules/machine/mount-table.ts';
import { makeOpenDirectory } from './open-directory.ts';

/** The node's folders, of which pods see nothing, with the exception of what CSI drivers have there. */
export interface NodeFolders {
  /** with all of the cluster's parts; absolute */
  data: string;
  /** the node's own, within it */
  node: string;
}

/**
 * Whether a path is a place of a CSI driver: that of its sockets, or its own folder. Nothing deeper, as who may write
 * there could put a link in its place.
 */
export const isPluginPath = (path: string, { node }: NodeFolders): boolean =>
  /^(plugins_registry|plugins\/(?!kubernetes\.io$)[^/]+)$/.test(relative(node, path));

/** Where a path leads, as far as it is there. */
async function leadsTo(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const above = dirname(path);
  return above === path ? path : join(await leadsTo(above), relative(above, path));
}

/**
 * Checks a hostPath as its type demands, making what `…OrCreate` says. Nothing is made within the node's own data.
 * @throws with the kubelet's words
 */
export async function checkHostPath(source: HostPathVolumeSource, folders?: NodeFolders): Promise<string> {
  const { path, type = '' } = source;
  const found = await stat(path).catch(() => undefined);
  const real = folders && !found ? await leadsTo(path) : path;
  if (folders && !found && isWithin(real, folders.data) && !isPluginPath(real, folders))
    throw new Error(`hostPath ${path} is within the node's own data`);
  if (type === 'DirectoryOrCreate' && !found) await makeOpenDirectory(path);
  if (type === 'FileOrCreate' && !found) {
    await stat(dirname(path));
    await writeFile(path, '');
    await chmod(path, 0o644);
  }
  // A container runtime makes a directory for a mount whose source is missing.
  if (type === '' && !found) await makeOpenDirectory(path);
  const now = await stat(path).catch(() => undefined);
  const wanted: Readonly<Record<string, boolean | undefined>> = {
    Directory: now?.isDirectory(),
    DirectoryOrCreate: now?.isDirectory(),
    File: now?.isFile(),
    FileOrCreate: now?.isFile(),
    Socket: now?.isSocket(),
    CharDevice: now?.isCharacterDevice(),
    BlockDevice: now?.isBlockDevice(),
    '': true,
  };
  if (!wanted[type]) {
    const words = {
      Directory: 'directory',
      DirectoryOrCreate: 'directory',
      File: 'file',
      FileOrCreate: 'file',
      Socket: 'socket file',
      CharDevice: 'character device',
      BlockDevice: 'block device',
    };
    throw new Error(`hostPath type check failed: ${path} is not a ${words[type as keyof typeof words]}`);
  }
  return path;
}
