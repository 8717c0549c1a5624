import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReference } from '../image-reference.ts';
import type { Image, ImageConfig, ImageUsage } from '../image-service.ts';
import type { FileRange } from './file-range.ts';
import { LayerStore } from './layer-store.ts';
import type { UnpackLimits } from './limits.ts';

/** Images kept at most: more are refused until the collector has removed some. */
const MAX_IMAGES = 2000;
/** Names of one image at most; the oldest go first. */
const MAX_NAMES = 100;

/** An image as `images.json` has it. */
export interface StoredImage {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  config: ImageConfig;
  /** diff ids, lowest first */
  layers: readonly string[];
  fromRegistry: boolean;
}

/** An image whose layers are to be unpacked. */
export interface NewImage {
  id: string;
  config: ImageConfig;
  layers: readonly { diffId: string; content: () => Promise<FileRange> }[];
  fromRegistry: boolean;
}

/** Under which names an image is to be found: `repo:tag`, `repo@sha256:…`. */
export interface NewNames {
  tags: readonly string[];
  digests: readonly string[];
}

/**
 * The images of one node in a folder that only its owner may enter: `images.json`, the layers unpacked, and what is
 * under way. One process uses it.
 */
export class ImageStore {
  private readonly images = new Map<string, StoredImage>();
  /** layers that a pull under way needs, and how many do */
  private readonly held = new Map<string, number>();

  private constructor(
    private readonly directory: string,
    readonly layers: LayerStore,
  ) {}

  static async open(directory: string, limits?: UnpackLimits): Promise<ImageStore> {
    const store = new ImageStore(directory, await LayerStore.open(directory, limits));
    store.load();
    await store.sweep();
    return store;
  }

  /** By tag, digest or id. */
  find(reference: string): Image | undefined {
    const stored = this.images.get(reference) ?? this.named(reference);
    return stored && this.image(stored);
  }

  list(): Image[] {
    return [...this.images.values()].flatMap((each) => this.image(each) ?? []);
  }

  /** Unpacks what is missing of an image and keeps it under these names, which others lose. @throws Error */
  async add(image: NewImage, names: NewNames): Promise<Image> {
    if (!this.images.has(image.id) && this.images.size >= MAX_IMAGES)
      throw new Error(`there are ${MAX_IMAGES} images on this node, which is the most that it keeps`);
    const ids = image.layers.map(({ diffId }) => diffId);
    this.hold(ids, 1);
    try {
      for (const { diffId, content } of image.layers)
        if (!this.layers.has(diffId)) await this.layers.add(diffId, await content());
      const { id, config, fromRegistry } = image;
      const known = this.images.get(id);
      const stored: StoredImage = known ?? { id, config, fromRegistry, layers: ids, repoTags: [], repoDigests: [] };
      this.images.set(id, { ...stored, fromRegistry: stored.fromRegistry && fromRegistry });
      this.name(id, names);
      this.save();
    } finally {
      this.hold(ids, -1);
    }
    const added = this.find(image.id);
    if (!added) throw new Error(`image ${image.id} was removed while it was unpacked`);
    return added;
  }

  /** More names for an image that is there. @returns whether it is */
  name(id: string, { tags, digests }: NewNames): boolean {
    const stored = this.images.get(id);
    if (!stored) return false;
    for (const other of this.images.values())
      if (other !== stored) other.repoTags = other.repoTags.filter((each) => !tags.includes(each));
    stored.repoTags = [...new Set([...stored.repoTags, ...tags])].slice(-MAX_NAMES);
    stored.repoDigests = [...new Set([...stored.repoDigests, ...digests])].slice(-MAX_NAMES);
    this.save();
    return true;
  }

  /** Removes an image, and those of its layers that no other has. */
  async remove(id: string): Promise<void> {
    if (!this.images.delete(id)) return;
    this.save();
    await this.sweep();
  }

  async usage(): Promise<ImageUsage> {
    const { bsize, blocks, bavail } = await statfs(this.directory);
    const layers = this.layers.list();
    return {
      usedBytes: layers.reduce((sum, { size }) => sum + size, 0),
      inodesUsed: layers.reduce((sum, { entries }) => sum + entries, 0),
      capacityBytes: bsize * blocks,
      availableBytes: bsize * bavail,
    };
  }

  private named(reference: string): StoredImage | undefined {
    const parsed = parseReference(reference);
    if (typeof parsed === 'string') return undefined;
    const { name, digest } = parsed;
    return [...this.images.values()].find(({ repoTags, repoDigests }) =>
      (digest ? repoDigests : repoTags).includes(name),
    );
  }

  private image({ id, repoTags, repoDigests, config, layers, fromRegistry }: StoredImage): Image | undefined {
    const paths = layers.map((each) => this.layers.path(each));
    if (!paths.every((path) => path !== undefined)) return undefined;
    const size = layers.reduce((sum, each) => sum + (this.layers.get(each)?.size ?? 0), 0);
    return { id, repoTags, repoDigests, size, config, root: { kind: 'layers', layers: paths }, fromRegistry };
  }

  private hold(layers: readonly string[], by: number): void {
    for (const each of layers) {
      const count = (this.held.get(each) ?? 0) + by;
      if (count > 0) this.held.set(each, count);
      else this.held.delete(each);
    }
  }

  /** Removes layers that no image has. */
  private async sweep(): Promise<void> {
    const used = new Set([...this.images.values()].flatMap(({ layers }) => layers));
    for (const { diffId } of this.layers.list())
      if (!used.has(diffId) && !this.held.has(diffId)) await this.layers.remove(diffId);
  }

  private save(): void {
    const file = join(this.directory, 'images.json');
    writeFileSync(`${file}.tmp`, JSON.stringify([...this.images.values()]), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  }

  /** An image of which a layer is missing is none; without its list a store is empty. */
  private load(): void {
    let stored: StoredImage[] = [];
    try {
      stored = JSON.parse(readFileSync(join(this.directory, 'images.json'), 'utf8')) as StoredImage[];
    } catch {
      return;
    }
    for (const image of stored)
      if (image.layers.every((each) => this.layers.has(each))) this.images.set(image.id, image);
  }
}
