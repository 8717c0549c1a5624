import { createHash } from 'node:crypto';
import { ManifestError } from './oci/manifest.ts';
import { parseImageConfig } from './oci/image-config.ts';
import type { Platform } from './oci/platform.ts';
import type { NewImage } from './store/image-store.ts';
import type { FileRange } from './store/file-range.ts';

/** An image that can be unpacked, wherever its parts are. */
export interface ImageContent {
  /** as it is written: its digest is the image's id */
  config: Buffer;
  /** compressed or not, lowest first */
  layers: readonly (() => Promise<FileRange>)[];
}

export const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The image as a store takes it. @throws ManifestError when its parts do not belong together, or not to this machine */
export function newImage({ config, layers }: ImageContent, machine: Platform, fromRegistry: boolean): NewImage {
  const parsed = parseImageConfig(config, machine);
  if (parsed.diffIds.length !== layers.length)
    throw new ManifestError(`the image has ${layers.length} layers, and its config names ${parsed.diffIds.length}`);
  return {
    id: sha256(config),
    config: parsed.config,
    layers: layers.map((content, at) => ({ diffId: parsed.diffIds[at] ?? '', content })),
    fromRegistry,
  };
}
