import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from '../../../rules/machine/remove-folder.ts';
import { decompressed } from './decompress.ts';
import type { FileRange } from './file-range.ts';
import { LayerError } from './layer-tree.ts';
import { makeWhiteout, type Unpacker } from './layer-writer.ts';
import { LIMITS, type UnpackLimits } from './limits.ts';
import { unpackLayer } from './unpack-layer.ts';

/** A layer that has been unpacked, as `layer.json` beside its files has it. */
export interface Layer {
  diffId: string;
  /** bytes, and files, that it takes */
  size: number;
  entries: number;
  /** directories that hide what lower layers have in them */
  opaque: readonly string[];
}

interface Kept extends Layer {
  /** `DIRECTORY/layers/NUMBER`: short, because overlayfs is told all in one line */
  number: number;
}

/**
 * Layers, each unpacked once, by the digest of its archive. One is made aside and moved into place, so that it is there
 * as a whole or not at all, whenever the agent ends.
 */
export class LayerStore {
  private readonly layers = new Map<string, Kept>();
  private readonly unpacking = new Map<string, Promise<Layer>>();
  private next = 1;
  private aside = 0;

  private constructor(
    private readonly directory: string,
    private readonly who: Unpacker,
    private readonly limits: UnpackLimits,
  ) {}

  /** What an earlier run left half done is removed. */
  static async open(directory: string, limits = LIMITS): Promise<LayerStore> {
    const root = process.getuid?.() === 0;
    const store = new LayerStore(directory, { root, whiteout: join(directory, 'whiteout') }, limits);
    mkdirSync(join(directory, 'layers'), { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    await removeFolder(join(directory, 'tmp'));
    mkdirSync(join(directory, 'tmp'), { mode: 0o700 });
    store.load();
    return store;
  }

  /** A folder of its own for something that is under way; it is gone after the next start. */
  async temporary(): Promise<string> {
    const path = join(this.directory, 'tmp', String(++this.aside));
    await mkdir(path, { mode: 0o700 });
    return path;
  }

  has(diffId: string): boolean {
    return this.layers.has(diffId);
  }

  get(diffId: string): Layer | undefined {
    return this.layers.get(diffId);
  }

  /** Where its files are, for an overlay. */
  path(diffId: string): string | undefined {
    const layer = this.layers.get(diffId);
    return layer && join(this.directory, 'layers', String(layer.number), 'fs');
  }

  list(): readonly Layer[] {
    return [...this.layers.values()];
  }

  /**
   * Unpacks a layer that is not there; who comes second waits for the first.
   * @param content the archive, compressed or not. @throws Error when it is not the layer that it should be
   */
  async add(diffId: string, content: FileRange): Promise<Layer> {
    const known = this.layers.get(diffId) ?? this.unpacking.get(diffId);
    if (known) return known;
    const work = this.unpack(diffId, content).finally(() => this.unpacking.delete(diffId));
    this.unpacking.set(diffId, work);
    return work;
  }

  /** Removes a layer that nothing uses. */
  async remove(diffId: string): Promise<void> {
    const layer = this.layers.get(diffId);
    if (!layer) return;
    this.layers.delete(diffId);
    const aside = await this.temporary();
    await rename(join(this.directory, 'layers', String(layer.number)), join(aside, 'layer'));
    await removeFolder(aside);
  }

  private async unpack(diffId: string, content: FileRange): Promise<Layer> {
    const aside = await this.temporary();
    try {
      const files = join(aside, 'fs');
      await mkdir(files, { mode: 0o755 });
      if (!existsSync(this.who.whiteout)) await makeWhiteout(this.who.whiteout);
      const archive = await decompressed(content);
      const {
        diffId: found,
        size,
        entries,
        opaque,
      } = await unpackLayer(archive, content.size, files, this.who, this.limits);
      if (found !== diffId) throw new LayerError(`the layer has the digest ${found}, not ${diffId}`);
      const kept: Kept = { diffId, size, entries, opaque, number: this.next++ };
      await writeFile(join(aside, 'layer.json'), JSON.stringify(kept));
      await rename(aside, join(this.directory, 'layers', String(kept.number)));
      this.layers.set(diffId, kept);
      return kept;
    } catch (error) {
      await removeFolder(aside);
      throw error;
    }
  }

  private load(): void {
    for (const name of readdirSync(join(this.directory, 'layers'))) {
      const directory = join(this.directory, 'layers', name);
      try {
        const layer = JSON.parse(readFileSync(join(directory, 'layer.json'), 'utf8')) as Kept;
        if (String(layer.number) !== name) throw new Error(`this is layer ${layer.number}`);
        this.layers.set(layer.diffId, layer);
        this.next = Math.max(this.next, layer.number + 1);
      } catch {
        // nothing that this store has made
        rmSync(directory, { recursive: true, force: true });
      }
    }
  }
}
