import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { sha256 } from '../../images/image-content.ts';
import type { FolderImage } from '../../images/folder/folder-image.ts';
import { readRange, type FileRange } from '../../images/store/file-range.ts';

/** Writes an image as `docker save` does, which containerd's command line imports: its config stays byte for byte. */
export async function writeArchive({ config, layers, tags }: FolderImage, file: string): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(file, { mode: 0o600 }));
  const add = async (): Promise<void> => {
    const name = `${sha256(config).slice('sha256:'.length)}.json`;
    const paths = layers.map((_, at) => `${at}/layer.tar`);
    tar.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: name, RepoTags: tags, Layers: paths }]));
    tar.entry({ name }, config);
    for (const [at, layer] of layers.entries()) await copy(tar, `${at}/layer.tar`, await layer());
    tar.finalize();
  };
  await Promise.all([written, add().catch((error: Error) => tar.destroy(error))]);
}

async function copy(tar: Pack, name: string, range: FileRange): Promise<void> {
  const entry = tar.entry({ name, size: range.size });
  await pipeline(readRange(range), entry);
}
