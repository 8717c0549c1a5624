import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what a container wrote to its root, once it has ended. */
export async function removeLayers(directory: string): Promise<void> {
  const layers = join(directory, 'layers');
  const work = join(layers, 'work');
  // An overlay leaves a directory in its work folder that its owner may not look into.
  const names = await readdir(work).catch(() => []);
  for (const path of [work, ...names.map((name) => join(work, name))])
    await chmod(join(path, 'work'), 0o700).catch(() => undefined);
  await rm(layers, { recursive: true, force: true }).catch(() => undefined);
}
