import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface RotationOptions {
  file: string;
  /** bytes of one file */
  maxSize: number;
  /** ms after which an old file is removed; 0: never */
  maxAge: number;
  /** old files that are kept; 0: all */
  maxBackups: number;
  compress: boolean;
  /** ms since the epoch */
  now(): number;
  /** what went wrong with old files, which is no reason to stop writing the new one */
  report(line: string): void;
}

/** Files are for their owner alone: they tell who did what. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3})$/;

/**
 * A file that is put aside when it is full: `audit.log` becomes `audit-2026-01-02T03-04-05.000.log`, by the time (UTC)
 * of that, as lumberjack names them, which tools that collect logs know.
 */
export class RotatingFile {
  private handle: FileHandle | undefined;
  private size = 0;
  /** a write ended in the middle of a line */
  private torn = false;
  private cleaning: Promise<void> = Promise.resolve();

  constructor(private readonly options: RotationOptions) {}

  /** Throws where the file cannot be written. */
  async open(): Promise<void> {
    const { file } = this.options;
    await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    this.handle = await open(file, 'a', FILE_MODE);
    this.size = (await this.handle.stat()).size;
    this.cleanSoon();
  }

  /** Appends lines. Not to be called again before it has answered. */
  async write(lines: Buffer): Promise<void> {
    const bytes = this.torn ? Buffer.concat([Buffer.from('\n'), lines]) : lines;
    if (!this.handle) await this.open();
    if (this.size > 0 && this.size + bytes.length > this.options.maxSize) await this.rotate();
    const handle = this.handle!;
    try {
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
      this.torn = false;
    } catch (error) {
      this.torn = true;
      // perhaps another file can be written
      await this.release();
      throw error;
    }
    this.size += bytes.length;
  }

  async close(): Promise<void> {
    await this.cleaning;
    await this.release();
  }

  private async release(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  private async rotate(): Promise<void> {
    await this.release();
    const { file, now } = this.options;
    // two within a millisecond keep both
    let at = now();
    while (await exists(this.nameAt(at))) at++;
    await rename(file, this.nameAt(at));
    await this.open();
  }

  private nameAt(ms: number): string {
    const { dir, name, ext } = path.parse(this.options.file);
    const time = new Date(ms).toISOString().slice(0, -1).replaceAll(':', '-');
    return path.join(dir, `${name}-${time}${ext}`);
  }

  private cleanSoon(): void {
    this.cleaning = this.cleaning
      .then(() => this.clean())
      .catch((error: Error) => this.options.report(`audit: old files: ${error.message}`));
  }

  /** Removes old files that are too many or too old, and compresses the others. */
  private async clean(): Promise<void> {
    const { maxAge, maxBackups, compress, now } = this.options;
    const { dir } = path.parse(this.options.file);
    const backups = (await readdir(dir)).flatMap((name) => {
      const at = this.timeOf(name);
      return at === undefined ? [] : [{ file: path.join(dir, name), at }];
    });
    backups.sort((a, b) => b.at - a.at);
    for (const [i, { file, at }] of backups.entries()) {
      if ((maxBackups > 0 && i >= maxBackups) || (maxAge > 0 && at < now() - maxAge)) await unlink(file);
      else if (compress && !file.endsWith('.gz')) await compressed(file);
    }
  }

  /** When a file was put aside, ms; undefined: it is none of ours. */
  private timeOf(name: string): number | undefined {
    const { name: base, ext } = path.parse(this.options.file);
    const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
    if (!plain.startsWith(`${base}-`) || !plain.endsWith(ext)) return undefined;
    const match = TIME.exec(plain.slice(base.length + 1, plain.length - ext.length));
    return match ? Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`) : undefined;
  }
}

async function compressed(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`, { mode: FILE_MODE }));
  await unlink(file);
}

const exists = (file: string): Promise<boolean> =>
  open(file, 'r').then(
    (handle) => handle.close().then(() => true),
    () => false,
  );
