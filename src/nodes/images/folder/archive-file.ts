import { posix } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { readRange, type FileRange } from '../store/file-range.ts';
import type { BlobSource } from './blob-source.ts';

/** Files that one archive has at most, and links followed to one of them. */
const MAX_FILES = 10_000;
const MAX_LINKS = 10;

/** A tar archive, not compressed, whose files are read where they stand: an OCI layout, or what `docker save` writes. */
export class ArchiveFile implements BlobSource {
  private constructor(
    private readonly files: ReadonlyMap<string, FileRange>,
    /** names that stand for others: `docker save` writes a layer that comes twice once */
    private readonly links: ReadonlyMap<string, string>,
  ) {}

  /** Reads through the archive once. @throws Error for one that is broken, or still being written */
  static async open(path: string, size: number): Promise<ArchiveFile> {
    const files = new Map<string, FileRange>();
    const links = new Map<string, string>();
    const entries = extract();
    entries.on('entry', (header, stream, next) => {
      const name = posix.normalize(header.name);
      // where its content begins, which the type does not tell
      const { byteOffset } = header as typeof header & { byteOffset: number };
      if (header.type === 'file') files.set(name, { path, start: byteOffset, size: header.size });
      if (header.type === 'symlink') links.set(name, posix.join(posix.dirname(name), header.linkname));
      if (header.type === 'link') links.set(name, posix.normalize(header.linkname));
      const many = files.size + links.size > MAX_FILES;
      stream.on('end', () => next(many ? new Error(`the archive has more than ${MAX_FILES} files`) : null));
      stream.resume();
    });
    await pipeline(readRange({ path, start: 0, size }), entries as unknown as Writable);
    return new ArchiveFile(files, links);
  }

  async find(name: string): Promise<FileRange | undefined> {
    let at = posix.normalize(name);
    for (let step = 0; step < MAX_LINKS; step++) {
      const found = this.files.get(at);
      if (found) return found;
      const next = this.links.get(at);
      if (next === undefined) return undefined;
      at = next;
    }
    return undefined;
  }
}
