import type { FileRange } from '../store/file-range.ts';

/** Files of a layout or an archive by name: `index.json`, `blobs/sha256/…`. */
export interface BlobSource {
  /** undefined for what it does not have */
  find(name: string): Promise<FileRange | undefined>;
}
