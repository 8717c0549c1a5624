import {
  isObject,
  ManifestError,
  MAX_CONFIG,
  MAX_MANIFEST,
  parseManifest,
  chooseManifest,
  parseJson,
  type Descriptor,
} from '../oci/manifest.ts';
import { sha256, type ImageContent } from '../image-content.ts';
import { parseReference } from '../image-reference.ts';
import type { Platform } from '../oci/platform.ts';
import { readRange, type FileRange } from '../store/file-range.ts';
import type { BlobSource } from './blob-source.ts';

/** An image that a layout or an archive has, for this machine. */
export interface FolderImage extends ImageContent {
  /** written in full */
  tags: readonly string[];
  /** of the manifest, and of the index that chose it; none for what `docker save` writes */
  digests: readonly string[];
}

/** Indexes within indexes that are followed. */
const MAX_DEPTH = 3;
const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

/**
 * The images of a layout or an archive that this machine can run.
 * @param name what the folder or file is called: the repository of images whose layout names a tag alone
 * @throws Error for what is neither, or broken
 */
export async function folderImages(source: BlobSource, name: string, machine: Platform): Promise<FolderImage[]> {
  const saved = await source.find('manifest.json');
  const index = await source.find('index.json');
  if (index) {
    const manifest = parseManifest(await bytesOf(index, MAX_MANIFEST), 'application/vnd.oci.image.index.v1+json');
    if (manifest.kind !== 'index') throw new ManifestError('index.json is no index');
    const images = await thoseThatAre(manifest.manifests.map((each) => layoutImage(source, each, name, machine)));
    if (images.some(({ tags }) => tags.length) || !saved) return images;
  }
  if (saved) return savedImages(source, await bytesOf(saved, MAX_MANIFEST));
  throw new ManifestError('it has neither index.json nor manifest.json');
}

/** Those that are there; why the first is not, when none is. */
async function thoseThatAre<T>(all: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(all);
  const good = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const bad = settled.find((each) => each.status === 'rejected');
  if (bad && !good.length) throw bad.reason;
  return good;
}

async function layoutImage(
  source: BlobSource,
  descriptor: Descriptor,
  name: string,
  machine: Platform,
): Promise<FolderImage> {
  const digests: string[] = [];
  let at = descriptor;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const bytes = await blob(source, at, MAX_MANIFEST);
    digests.unshift(at.digest);
    const manifest = parseManifest(bytes, at.mediaType);
    if (manifest.kind === 'image') {
      const config = await blob(source, manifest.config, MAX_CONFIG);
      const layers = manifest.layers.map((layer) => () => located(source, layer));
      return { config, layers, digests, tags: tagsOf(descriptor, name) };
    }
    at = chooseManifest(manifest.manifests, machine);
  }
  throw new ManifestError(`its indexes are more than ${MAX_DEPTH} deep`);
}

/** containerd's name, or the one of the specification, which is a whole name or a tag alone. */
function tagsOf({ annotations }: Descriptor, name: string): string[] {
  const given = annotations[CONTAINERD_NAME] ?? annotations[REF_NAME] ?? 'latest';
  const whole = /[/:@]/.test(given) ? given : `${name}:${given}`;
  const parsed = parseReference(whole);
  return typeof parsed === 'string' || parsed.digest ? [] : [parsed.name];
}

async function savedImages(source: BlobSource, bytes: Buffer): Promise<FolderImage[]> {
  const list = parseJson(Buffer.concat([Buffer.from('{"list":'), bytes, Buffer.from('}')]), 'manifest.json')['list'];
  if (!Array.isArray(list)) throw new ManifestError('manifest.json is no list');
  return Promise.all(
    list.map(async (each: unknown) => {
      const { Config: config, Layers: layers, RepoTags: tags } = isObject(each) ? each : {};
      if (typeof config !== 'string' || !isTexts(layers)) throw new ManifestError('manifest.json is malformed');
      const found = await source.find(config);
      if (!found) throw new ManifestError(`it lacks ${config}`);
      return {
        config: await bytesOf(found, MAX_CONFIG),
        layers: layers.map((layer) => async () => {
          const range = await source.find(layer);
          if (!range) throw new ManifestError(`it lacks ${layer}`);
          return range;
        }),
        digests: [],
        tags: (isTexts(tags) ? tags : []).flatMap((tag) => {
          const parsed = parseReference(tag);
          return typeof parsed === 'string' ? [] : [parsed.name];
        }),
      };
    }),
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

async function located(source: BlobSource, { digest, size }: Descriptor): Promise<FileRange> {
  const range = await source.find(`blobs/${digest.replace(':', '/')}`);
  if (!range) throw new ManifestError(`it lacks blob ${digest}`);
  if (range.size !== size) throw new ManifestError(`blob ${digest} has ${range.size} bytes, not ${size}`);
  return range;
}

/** A small blob, which is what its digest says. */
async function blob(source: BlobSource, descriptor: Descriptor, most: number): Promise<Buffer> {
  const bytes = await bytesOf(await located(source, descriptor), most);
  if (sha256(bytes) !== descriptor.digest)
    throw new ManifestError(`blob ${descriptor.digest} is not what its digest says`);
  return bytes;
}

async function bytesOf(range: FileRange, most: number): Promise<Buffer> {
  if (range.size > most) throw new ManifestError(`a part of it has ${range.size} bytes; at most ${most} are read`);
  const chunks: Buffer[] = [];
  for await (const chunk of readRange(range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
