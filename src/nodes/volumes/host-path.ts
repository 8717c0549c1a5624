import { chmod, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '../../../schema/types.ts';
import { makeOpenDirectory } from './open-directory.ts';

/** Checks a hostPath as its type demands, making what `…OrCreate` says. @throws with the kubelet's words */
export async function checkHostPath(source: HostPathVolumeSource): Promise<string> {
  const { path, type = '' } = source;
  const found = await stat(path).catch(() => undefined);
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
