import { chmod, chown, open, opendir, stat } from 'node:fs/promises';
import type { Pod } from '../../../schema/types.ts';

/** Linux: opens a name and not what is behind it, be it a link, a socket or a device. Node's constants do not have it. */
const O_PATH = 0o10000000;
const O_NOFOLLOW = 0o400000;
const READ_WRITE = 0o660;
const READ = 0o440;
const ENTER = 0o110;
const SET_GROUP = 0o2000;

/** Whom files of a volume are given to. */
export interface Ownership {
  group: number;
  /** Always goes through all files each time; OnRootMismatch only when the volume's own folder is not as it should be */
  policy: 'Always' | 'OnRootMismatch';
  /** nothing writes there, so the group need only read */
  readOnly: boolean;
}

/** What a pod's fsGroup asks for; undefined where it has none. */
export function ownershipOf({ spec }: Pod, readOnly: boolean): Ownership | undefined {
  const { fsGroup, fsGroupChangePolicy } = spec?.securityContext ?? {};
  if (fsGroup === undefined) return undefined;
  return { group: fsGroup, policy: fsGroupChangePolicy === 'OnRootMismatch' ? 'OnRootMismatch' : 'Always', readOnly };
}

/**
 * Gives a folder and all in it to a group, whose members may then read and write, and makes what comes into its folders
 * theirs too. Goes file by file, so nothing else waits for it. What cannot be changed stays as it is, as with the
 * kubelet. Source: pkg/volume SetVolumeOwnership.
 */
export async function giveToGroup(folder: string, ownership: Ownership): Promise<void> {
  if (ownership.policy === 'OnRootMismatch' && (await isAsItShould(folder, ownership))) return;
  await give(folder, ownership);
}

async function isAsItShould(folder: string, { group, readOnly }: Ownership): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory() || found.gid !== group) return false;
  const wanted = (readOnly ? READ : READ_WRITE) | ENTER | SET_GROUP;
  return (found.mode & wanted) === wanted;
}

/**
 * Containers of other pods may write there meanwhile, and could put a link to a file of the host in the place of theirs.
 * So each name is opened without following it, and looked at and changed by its descriptor; a folder's names are found
 * from its descriptor too. Links themselves only change hands. One descriptor is open for each level.
 */
async function give(path: string, ownership: Ownership): Promise<void> {
  const handle = await open(path, O_PATH | O_NOFOLLOW).catch(() => undefined);
  if (!handle) return;
  try {
    const own = `/proc/self/fd/${handle.fd}`;
    const found = await handle.stat();
    if (found.isSymbolicLink()) return;
    if (found.isDirectory()) {
      for await (const { name } of await opendir(own)) await give(`${own}/${name}`, ownership);
    }
    const mask = (ownership.readOnly ? READ : READ_WRITE) | (found.isDirectory() ? ENTER | SET_GROUP : 0);
    // in this order: a change of hands takes the bits that set a group
    await chown(own, -1, ownership.group).catch(() => undefined);
    await chmod(own, (found.mode & 0o7777) | mask).catch(() => undefined);
  } finally {
    await handle.close();
  }
}
