import { chmodSync, constants, closeSync, mkdirSync, openSync, realpathSync, fstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin } from '../../../rules/machine/mount-table.ts';
import { runCommand } from '../../../rules/machine/run-command.ts';

/**
 * Mounts what of a volume is to be shown at a place of the node's own, so that the path which containerd is given leads
 * there whatever containers do to the volume meanwhile. What is mounted is what was checked: each step is opened from the
 * one before, no link is followed, and the end is mounted by its descriptor.
 * @param place made when missing; a folder of the pod's
 * @returns the path
 * @throws Error when the part leads out of the volume
 */
export async function mountSubPath(source: string, subPath: string, place: string): Promise<string> {
  const { fd, directory } = openWithin(source, subPath);
  try {
    mkdirSync(join(place, '..'), { recursive: true, mode: 0o700 });
    if (directory) mkdirSync(place, { recursive: true });
    else writeFileSync(place, '');
    await runCommand('mount', ['--no-canonicalize', '--bind', `/proc/${process.pid}/fd/${fd}`, place]);
    return place;
  } finally {
    closeSync(fd);
  }
}

/** The end of the path below the volume; a folder that is missing is made. Links may be on the way, as far as they stay within. */
function openWithin(source: string, subPath: string): { fd: number; directory: boolean } {
  const root = realpathSync(source);
  const at = resolved(
    root,
    subPath.split('/').filter((step) => step && step !== '.'),
  );
  if (!isWithin(at, root)) throw new Error('subPath leads out of its volume');
  const steps = at.slice(root.length).split('/').filter(Boolean);
  let fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  // a folder that is made has the mode of its volume, as with the kubelet
  const mode = fstatSync(fd).mode & 0o7777;
  for (const step of steps) {
    const next = openStep(fd, step, mode);
    closeSync(fd);
    fd = next;
  }
  return { fd, directory: fstatSync(fd).isDirectory() };
}

/** The path without links, as it is now. */
function resolved(root: string, steps: readonly string[]): string {
  let at = root;
  for (const step of steps) {
    const next = join(at, step);
    try {
      at = realpathSync(next);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      at = next;
    }
    if (!isWithin(at, root)) throw new Error('subPath leads out of its volume');
  }
  return at;
}

/** Relative to a folder that is open, by the name that the kernel has for it: no link is followed. */
function openStep(parent: number, name: string, mode: number): number {
  const path = `/proc/self/fd/${parent}/${name}`;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(path);
    chmodSync(path, mode);
    return openSync(path, flags);
  }
}
