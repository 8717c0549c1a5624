import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import type { ImageVolumeSource, Pod } from '../../../schema/types.ts';
import type { Image } from '../images/image-service.ts';
import { mergeLayers } from '../images/store/merge-layers.ts';
import { mountedAt } from '../../rules/machine/mount-table.ts';
import { removeFolder } from '../../rules/machine/remove-folder.ts';
import { makeOpenDirectory } from './open-directory.ts';
import { runCommand } from '../../rules/machine/run-command.ts';

/** Has the image of a volume on this machine, by the policy that it is to be had by. @throws Error why it cannot be had */
export type VolumeImages = (pod: Pod, source: ImageVolumeSource) => Promise<Image>;

/**
 * The files of an image, to be read alone.
 * @returns the folder that has them
 * @throws Error for an image that is no files of its own
 */
export async function imageVolume(image: Image, directory: string): Promise<string> {
  const { root } = image;
  if (root.kind !== 'layers') {
    throw new Error(`image ${image.repoTags[0] ?? image.id} has no files of its own that could be mounted`);
  }
  const [only, ...others] = root.layers;
  if (only !== undefined && others.length === 0) return only;
  if (process.getuid?.() !== 0) return merged(root.layers, directory);
  if (await mountedAt(directory)) return directory;
  await makeOpenDirectory(directory);
  // The kernel has the uppermost first.
  const lower = root.layers.toReversed().map((layer) => layer.replaceAll(/[\\:,]/g, (sign) => `\\${sign}`));
  await runCommand('mount', ['-t', 'overlay', '-o', `ro,lowerdir=${lower.join(':')}`, 'overlay', directory]);
  return directory;
}

/** For who cannot mount: a folder of second names, made as a whole or not at all. */
async function merged(layers: readonly string[], directory: string): Promise<string> {
  if (existsSync(directory)) return directory;
  const aside = `${directory}.part`;
  await removeFolder(aside);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  await mergeLayers(layers, aside);
  await rename(aside, directory);
  return directory;
}
