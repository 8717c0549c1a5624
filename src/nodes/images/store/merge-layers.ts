import { readFileSync } from 'node:fs';
import { chmod, chown, link, lstat, lutimes, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Layer } from './layer-store.ts';

/**
 * Makes one folder of layers, for those who cannot mount an overlay: each file is a second name of the layer's own, so
 * it takes no space, and must not be written to.
 * @param layers folders, lowest first, as an image's root has them. @param target empty, on the same file system
 */
export async function mergeLayers(layers: readonly string[], target: string): Promise<void> {
  for (const layer of layers) {
    const { opaque } = JSON.parse(readFileSync(join(dirname(layer), 'layer.json'), 'utf8')) as Layer;
    await merge(layer, '', target, new Set(opaque));
  }
}

async function merge(layer: string, path: string, target: string, opaque: ReadonlySet<string>): Promise<void> {
  const to = join(target, path);
  const from = join(layer, path);
  if (opaque.has(path)) for (const name of await readdir(to)) await rm(join(to, name), { recursive: true });
  for (const name of await readdir(from)) {
    const [source, goal] = [join(from, name), join(to, name)];
    const found = await lstat(source);
    const there = await lstat(goal).catch(() => undefined);
    if (there && !(found.isDirectory() && there.isDirectory())) await rm(goal, { recursive: true });
    if (found.isDirectory()) {
      if (!there?.isDirectory()) await mkdir(goal, { mode: 0o700 });
      await merge(layer, `${path}/${name}`, target, opaque);
    } else if (!(found.isCharacterDevice() && found.rdev === 0)) await link(source, goal);
  }
  const own = await lstat(from);
  if (process.getuid?.() === 0) await chown(to, own.uid, own.gid);
  await chmod(to, own.mode & 0o7777);
  await lutimes(to, own.atime, own.mtime);
}
