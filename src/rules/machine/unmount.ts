import { realpath } from 'node:fs/promises';
import { isWithin, mountTable } from './mount-table.ts';
import { removeFolder } from './remove-folder.ts';
import { runCommand } from './run-command.ts';

/**
 * Unmounts all that is mounted at a folder and below, the newest first.
 * @throws Error for the first that cannot be unmounted
 */
export async function unmountBelow(folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => folder);
  const mounts = (await mountTable()).filter(({ target }) => isWithin(target, real));
  for (const { target } of mounts.toReversed()) await runCommand('umount', ['--', target]);
}

/**
 * Removes a folder of this node with all that is in it. What is mounted in it is unmounted first, and while something
 * stays mounted nothing is removed: what is behind a mount is somebody's data.
 */
export async function removeTree(folder: string): Promise<void> {
  await unmountBelow(folder);
  await removeFolder(folder);
}
