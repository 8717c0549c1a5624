import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { FileRange } from '../store/file-range.ts';
import type { BlobSource } from './blob-source.ts';

/** An OCI image layout as a folder. Links may lead within it. */
export class LayoutDirectory implements BlobSource {
  constructor(private readonly directory: string) {}

  async find(name: string): Promise<FileRange | undefined> {
    try {
      const root = await realpath(this.directory);
      const path = await realpath(join(root, name));
      const found = await lstat(path);
      return path.startsWith(root + sep) && found.isFile() ? { path, start: 0, size: found.size } : undefined;
    } catch {
      return undefined;
    }
  }
}
