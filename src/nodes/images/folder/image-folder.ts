import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseReference } from '../image-reference.ts';
import type { Platform } from '../oci/platform.ts';
import { sha256 } from '../image-content.ts';
import { decompressed, isCompressed } from '../store/decompress.ts';
import { ArchiveFile } from './archive-file.ts';
import { folderImages, type FolderImage } from './folder-image.ts';
import { LayoutDirectory } from './layout-directory.ts';

/** Files and folders below the folder that are looked at, and how deep. */
const MAX_FOUND = 5000;
const MAX_DEPTH = 4;
/** Bytes of one archive when it is decompressed. */
const MAX_ARCHIVE = 50 * 2 ** 30;
const ARCHIVE_NAME = /\.(tar|tgz|tzst|tar\.(gz|zst)|oci)$/i;

interface Found {
  path: string;
  /** as it is called below the folder, without what tells that it is an archive */
  name: string;
  layout: boolean;
  /** changes when the content does */
  version: string;
}
interface Read {
  version: string;
  images: readonly FolderImage[];
  /** the archive decompressed */
  copy?: string;
  /** why there are none */
  error?: string;
}

/**
 * A folder of images that the owner of the machine fills: OCI layouts, their archives, and what `docker save` writes,
 * compressed or not. It is looked through whenever somebody asks, and what has not changed is not read again.
 */
export class ImageFolder {
  private readonly read = new Map<string, Read>();
  private looking: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private images: readonly FolderImage[] = [];

  /** @param scratch makes folders for archives that are compressed */
  constructor(
    private readonly directory: string,
    private readonly machine: Platform,
    private readonly scratch: () => Promise<string>,
    private readonly log: (message: string, fields?: Record<string, unknown>) => void,
  ) {}

  /** By tag, digest or id; of several the one whose file has the last name. */
  async find(reference: string): Promise<FolderImage | undefined> {
    await this.refresh();
    const parsed = parseReference(reference);
    return this.images.findLast(({ tags, digests, config }) => {
      if (typeof parsed === 'string' || reference.startsWith('sha256:')) return sha256(config) === reference;
      if (!parsed.digest) return tags.includes(parsed.name);
      return digests.includes(parsed.digest) && tags.some((tag) => tag.startsWith(`${parsed.repository}:`));
    });
  }

  /** All that is there now, in the order of their files' names. */
  async list(): Promise<readonly FolderImage[]> {
    await this.refresh();
    return this.images;
  }

  /** One look at a time; all who ask meanwhile wait for one that begins after it, so that nothing new is passed over. */
  private refresh(): Promise<void> {
    if (!this.looking) {
      this.looking = this.look().finally(() => (this.looking = undefined));
      return this.looking;
    }
    this.following ??= this.looking.then(() => {
      this.following = undefined;
      return this.refresh();
    });
    return this.following;
  }

  private async look(): Promise<void> {
    const found = await this.walk(this.directory, 0);
    const paths = new Set(found.map(({ path }) => path));
    for (const [path, { copy }] of this.read)
      if (!paths.has(path)) {
        this.read.delete(path);
        if (copy !== undefined) await rm(copy, { force: true });
      }
    for (const each of found) if (this.read.get(each.path)?.version !== each.version) await this.take(each);
    this.images = found.flatMap(({ path }) => this.read.get(path)?.images ?? []);
  }

  private async take(found: Found): Promise<void> {
    const { path, version, name } = found;
    const before = this.read.get(path);
    if (before?.copy !== undefined) await rm(before.copy, { force: true });
    const read: Read = { version, images: [] };
    this.read.set(path, read);
    try {
      if (found.layout) read.images = await folderImages(new LayoutDirectory(path), name, this.machine);
      else {
        const { size } = await stat(path);
        const content = { path, start: 0, size };
        const plain = (await isCompressed(content)) ? await this.decompress(content) : path;
        if (plain !== path) read.copy = plain;
        const archive = await ArchiveFile.open(plain, (await stat(plain)).size);
        read.images = await folderImages(archive, name, this.machine);
      }
    } catch (error) {
      // It may be being written: an archive is read again when it has changed, a layout always, whose parts come in any order.
      if (found.layout) read.version = '';
      read.error = (error as Error).message;
      if (read.error !== before?.error) this.log('images cannot be read', { path, error: read.error });
    }
  }

  private async decompress(content: { path: string; start: number; size: number }): Promise<string> {
    const copy = join(await this.scratch(), 'archive.tar');
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        if (bytes > MAX_ARCHIVE) done(new Error(`it is larger than ${MAX_ARCHIVE} bytes when it is decompressed`));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(await decompressed(content), meter, createWriteStream(copy, { mode: 0o600 }));
      return copy;
    } catch (error) {
      await rm(copy, { force: true });
      throw error;
    }
  }

  private async walk(directory: string, depth: number): Promise<Found[]> {
    const found: Found[] = [];
    const names = await readdir(directory).catch((): string[] => []);
    if (names.includes('index.json') && names.includes('oci-layout')) return [await this.layout(directory)];
    for (const name of names.sort()) {
      if (name.startsWith('.') || found.length >= MAX_FOUND) continue;
      const path = join(directory, name);
      const what = await stat(path).catch(() => undefined);
      if (what?.isDirectory() && depth < MAX_DEPTH) found.push(...(await this.walk(path, depth + 1)));
      else if (what?.isFile() && what.size > 0) {
        const version = `${what.size} ${what.mtimeMs} ${what.ino}`;
        found.push({ path, version, layout: false, name: this.nameOf(path).replace(ARCHIVE_NAME, '') });
      }
    }
    return found.slice(0, MAX_FOUND);
  }

  private async layout(directory: string): Promise<Found> {
    const { mtimeMs, size, ino } = await stat(join(directory, 'index.json'));
    const name = this.nameOf(directory);
    return { path: directory, version: `${size} ${mtimeMs} ${ino}`, layout: true, name };
  }

  /** The folder itself is called as it is; what is below it by the way to it. */
  private nameOf(path: string): string {
    const way = relative(this.directory, path) || (path.split(sep).at(-1) ?? '');
    return way.split(sep).join('/').toLowerCase();
  }
}
