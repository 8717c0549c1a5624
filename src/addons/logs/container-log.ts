import { open, stat, type FileHandle } from 'node:fs/promises';
import { timeMicroseconds } from '../../meta/time.ts';
import { parseLogLine } from '../../rules/log-line.ts';

/** Files of one log that rotation keeps, the newest without a number: `0.log.4` … `0.log.1`, `0.log`. */
const ROTATED = 4;
/** Bytes that are read at once. */
const CHUNK = 256 * 1024;
/** Characters of a line; the pieces of a longer one are lines of their own. */
const MAX_LINE = 64 * 1024;
/** The time of a file's first record; with the file's number it says which file it is, whatever its name is by now. */
const STAMP = 30;
const NEWLINE = 0x0a;

export type Line = [at: number, stream: 'o' | 'e', text: string];

export interface Read {
  lines: Line[];
  /** behind the lines */
  position: string;
  /** bytes of records that were read */
  bytes: number;
  /** whether nothing more is there for now */
  atEnd: boolean;
  /** the file of the position is gone: lines between it and these cannot be had any more */
  lost: boolean;
}

interface File {
  path: string;
  handle: FileHandle;
  id: string;
  size: number;
}

/**
 * A container's log as records of its files, read on from a position: `FILE@OFFSET`, where FILE is the inode and the time
 * of the first record. '' is the beginning of the oldest file that is there.
 */
export class ContainerLog {
  constructor(private readonly path: string) {}

  /** Whether there is anything behind the position, told by one look at the newest file. */
  async grew(position: string): Promise<boolean> {
    const found = await stat(this.path).catch(() => undefined);
    const { file, offset } = parsePosition(position);
    if (!found) return position === '';
    return file.split('.', 1)[0] !== String(found.ino) || found.size > offset;
  }

  /** Bytes behind the position. */
  async behind(position: string): Promise<number> {
    return this.withFiles(position, async (files, offset) =>
      files.reduce((sum, { size }, i) => sum + size - (i === 0 ? offset : 0), 0),
    );
  }

  /**
   * Some lines behind the position, at most `limit` bytes of records, of one file.
   * @param whole no more comes: what has no end of line is a line
   */
  async read(position: string, limit: number, whole: boolean): Promise<Read> {
    return this.withFiles(position, async (files, start, lost) => {
      for (const [i, file] of files.entries()) {
        const offset = i === 0 ? start : 0;
        const last = i === files.length - 1;
        const length = Math.min(file.size - offset, Math.max(limit, 1), CHUNK);
        if (length <= 0 && !last) continue;
        const { buffer, bytesRead } = await file.handle.read(
          Buffer.allocUnsafe(Math.max(length, 0)),
          0,
          length,
          offset,
        );
        const data = buffer.subarray(0, bytesRead);
        const toEnd = offset + bytesRead >= file.size;
        let { lines, taken } = records(data, toEnd && (whole || !last));
        if (taken === 0 && !toEnd) {
          // a record that is longer than what may be read is read by itself
          if (length < CHUNK) return this.read(position, CHUNK, whole);
          // what one stream has begun is not waited for while the other has written so much; what has no end is no record
          ({ lines, taken } = records(data.subarray(0, data.lastIndexOf(NEWLINE) + 1 || length), true));
        }
        if (lines.length || taken || last)
          return { lines, position: `${file.id}@${offset + taken}`, bytes: taken, atEnd: toEnd && last, lost };
      }
      return { lines: [], position, bytes: 0, atEnd: true, lost: false };
    });
  }

  /** The position behind all whole records that are there, and how many bytes it leaves out. */
  async skip(position: string): Promise<{ position: string; bytes: number }> {
    return this.withFiles(position, async (files, offset) => {
      const newest = files.at(-1);
      if (!newest) return { position, bytes: 0 };
      const from = Math.max(files.length === 1 ? offset : 0, newest.size - CHUNK);
      const { buffer, bytesRead } = await newest.handle.read(
        Buffer.allocUnsafe(newest.size - from),
        0,
        newest.size - from,
        from,
      );
      const end = from + buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      const before = files.reduce((sum, { size }, i) => sum + (i === files.length - 1 ? end : size), 0) - offset;
      return { position: `${newest.id}@${end}`, bytes: Math.max(0, before) };
    });
  }

  /** Files from that of the position on; all of them where that one is gone, or it is the beginning. */
  private async withFiles<T>(
    position: string,
    work: (files: File[], offset: number, lost: boolean) => Promise<T>,
  ): Promise<T> {
    const wanted = parsePosition(position);
    const files: File[] = [];
    try {
      let offset = 0;
      let lost = wanted.file !== '';
      // the newest first: rotation renames towards the older ones, so that none is passed by meanwhile, but one may come twice
      for (let n = 0; n <= ROTATED; n++) {
        const file = await openFile(n ? `${this.path}.${n}` : this.path);
        if (!file) continue;
        if (files.some(({ id }) => id === file.id)) {
          await file.handle.close();
          continue;
        }
        files.unshift(file);
        if (file.id === wanted.file) {
          offset = wanted.offset;
          lost = false;
          break;
        }
      }
      return await work(files, offset, lost && files.length > 0);
    } finally {
      await Promise.all(files.map(({ handle }) => handle.close()));
    }
  }
}

function parsePosition(position: string): { file: string; offset: number } {
  const at = position.lastIndexOf('@');
  return at < 0 ? { file: '', offset: 0 } : { file: position.slice(0, at), offset: Number(position.slice(at + 1)) };
}

/** Undefined where there is none, or nothing is written to it yet. */
async function openFile(path: string): Promise<File | undefined> {
  const handle = await open(path).catch(() => undefined);
  if (!handle) return undefined;
  const [{ ino, size }, { buffer, bytesRead }] = await Promise.all([
    handle.stat(),
    handle.read(Buffer.alloc(STAMP), 0, STAMP, 0),
  ]);
  if (bytesRead === STAMP) return { path, handle, id: `${ino}.${buffer.toString('latin1')}`, size };
  await handle.close();
  return undefined;
}

/** Whole lines of some records, and the bytes up to where none is begun that goes on. @param all nothing goes on */
function records(data: Buffer, all: boolean): { lines: Line[]; taken: number } {
  const lines: Line[] = [];
  const begun = new Map<string, { at: number; text: string }>();
  let taken = 0;
  let committed = 0;
  let start = 0;
  for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
    const record = parseLogLine(data.subarray(start, end));
    start = end + 1;
    if (record) {
      const before = begun.get(record.stream);
      const at = before?.at ?? timeMicroseconds(record.time) ?? 0;
      const text = (before?.text ?? '') + record.text.toString();
      if (record.partial && text.length < MAX_LINE) begun.set(record.stream, { at, text });
      else {
        begun.delete(record.stream);
        lines.push([at, record.stream === 'stderr' ? 'e' : 'o', text.slice(0, MAX_LINE)]);
      }
    }
    if (begun.size) continue;
    taken = start;
    committed = lines.length;
  }
  if (!all) return { lines: lines.slice(0, committed), taken };
  for (const [stream, { at, text }] of begun) lines.push([at, stream === 'stderr' ? 'e' : 'o', text]);
  return { lines, taken: data.length };
}
