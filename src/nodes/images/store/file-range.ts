import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** Bytes read from a file at once. */
const CHUNK = 256 * 1024;

/** Content that stands in a file: all of it, or a part as in an archive. */
export interface FileRange {
  path: string;
  start: number;
  /** bytes */
  size: number;
}

export const readRange = ({ path, start, size }: FileRange): Readable =>
  size === 0
    ? Readable.from([], { objectMode: false })
    : createReadStream(path, { start, end: start + size - 1, highWaterMark: CHUNK });

/** The first bytes of the content, as many as there are. */
export async function readHead({ path, start, size }: FileRange, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(Math.min(length, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
