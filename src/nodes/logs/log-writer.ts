import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { logPrefix } from '../../rules/log-line.ts';
import { MAX_BYTES, shiftLogs } from './shift-logs.ts';

/** Bytes after which a line is cut in pieces. */
const MAX_LINE = 16 * 1024;

const NEWLINE = 0x0a;

/**
 * Appends a container's output to its log in CRI records and rotates it: `0.log`, then `0.log.1` (newer) to `0.log.4`.
 * Writes are synchronous: they go to the page cache, and a record that was told to a follower can be read.
 */
export class LogWriter {
  private fd: number;
  private size: number;
  private readonly pending = new Map<string, Buffer>();

  constructor(
    private readonly path: string,
    private readonly now: () => number,
    private readonly changed: (path: string) => void,
    private readonly maxBytes = MAX_BYTES,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.fd = openSync(path, 'a');
    this.size = fstatSync(this.fd).size;
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const rest = this.pending.get(stream);
    let data = rest ? Buffer.concat([rest, chunk]) : chunk;
    const out: (string | Buffer)[] = [];
    const whole = wholeLines(data);
    if (whole > 0) {
      out.push(withPrefix(data.subarray(0, whole), logPrefix(this.now(), stream, false)));
      data = data.subarray(whole);
    }
    for (let end = data.indexOf(NEWLINE); end >= 0 || data.length > MAX_LINE; end = data.indexOf(NEWLINE)) {
      const isWhole = end >= 0 && end <= MAX_LINE;
      const cut = isWhole ? end : MAX_LINE;
      out.push(logPrefix(this.now(), stream, !isWhole), data.subarray(0, cut), '\n');
      data = data.subarray(isWhole ? cut + 1 : cut);
    }
    if (data.length) this.pending.set(stream, Buffer.from(data));
    else this.pending.delete(stream);
    this.append(out);
  }

  /** Writes what has no newline yet, as a terminal would show it, and closes the file. */
  close(): void {
    for (const [stream, data] of this.pending) this.append([logPrefix(this.now(), stream, true), data, '\n']);
    this.pending.clear();
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    this.changed(this.path);
  }

  private append(pieces: (string | Buffer)[]): void {
    if (!pieces.length || this.fd < 0) return;
    const bytes = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
    if (this.size > 0 && this.size + bytes.length > this.maxBytes) this.rotate();
    writeSync(this.fd, bytes);
    this.size += bytes.length;
    this.changed(this.path);
  }

  private rotate(): void {
    closeSync(this.fd);
    shiftLogs(this.path);
    this.fd = openSync(this.path, 'a');
    this.size = 0;
  }
}

/** Bytes of the whole lines at the beginning, up to one that has to be cut. */
function wholeLines(data: Buffer): number {
  let start = 0;
  for (let end = data.indexOf(NEWLINE); end >= 0 && end - start <= MAX_LINE; end = data.indexOf(NEWLINE, start))
    start = end + 1;
  return start;
}

/** Each line with the prefix. As text of one byte a character, where that is one pass over all: a pod may print 50 MB/s. */
const withPrefix = (lines: Buffer, prefix: string): Buffer =>
  Buffer.from(prefix + lines.toString('latin1', 0, lines.length - 1).replaceAll('\n', `\n${prefix}`) + '\n', 'latin1');
