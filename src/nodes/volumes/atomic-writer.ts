import { chmod, chown, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { makeOpenDirectory } from './open-directory.ts';

export interface ProjectedFile {
  data: Buffer;
  /** permission bits */
  mode: number;
  /** user id that the file is given to; the node's own when not said */
  owner?: number | undefined;
}

/**
 * Writes files so that a reader sees all of the old ones or all of the new: they go to a new directory `..TIME`, to
 * which the link `..data` is moved in one step; the visible names are links through `..data`.
 * @param files by path relative to the volume
 * @param before done when the new files are there and nobody sees them yet
 * @returns whether anything changed
 */
export async function writeAtomically(
  directory: string,
  files: ReadonlyMap<string, ProjectedFile>,
  now: number,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  await makeOpenDirectory(directory);
  const data = join(directory, '..data');
  const current = await readlink(data).catch(() => undefined);
  if (current && (await same(join(directory, current), files))) return false;
  const fresh = `..${new Date(now).toISOString().replaceAll(/[-:TZ]/g, '_')}${Math.floor(now % 1e6)}_${files.size}`;
  const target = join(directory, fresh);
  await rm(target, { recursive: true, force: true });
  await makeOpenDirectory(target);
  for (const [path, file] of files) {
    const full = join(target, safe(path));
    await makeOpenDirectory(dirname(full));
    await writeFile(full, file.data, { mode: file.mode });
    // a node that is not root has nobody to give it to
    if (file.owner !== undefined) await chown(full, file.owner, -1).catch(() => undefined);
    await chmod(full, file.mode);
  }
  await before();
  await symlink(fresh, `${data}_tmp`).catch(async () => {
    await rm(`${data}_tmp`, { force: true });
    await symlink(fresh, `${data}_tmp`);
  });
  await rename(`${data}_tmp`, data);
  await linkNames(directory, new Set([...files.keys()].map((path) => safe(path).split('/')[0]!)));
  if (current && current !== fresh) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

/** A path of an item may not leave the volume (validation refuses `..`; this is the second lock). */
const safe = (path: string): string => normalize(`/${path}`).slice(1);

async function same(directory: string, files: ReadonlyMap<string, ProjectedFile>): Promise<boolean> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  if (names.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, file] of files) {
    const content = await readFile(join(directory, safe(path))).catch(() => undefined);
    if (!content?.equals(file.data)) return false;
  }
  return true;
}

async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const present = await readdir(directory);
  for (const name of names) {
    if (!present.includes(name)) await symlink(join('..data', name), join(directory, name));
  }
  const stale = present.filter((name) => !name.startsWith('..') && !names.has(name));
  await Promise.all(stale.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
