import { execFile } from 'node:child_process';
import type { Clock } from '../../rules/clock.ts';
import { asOwner } from '../../rules/machine/as-owner.ts';
import type { FolderUsage } from './node-usage.ts';

/** What is measured at once: the command line has an end. */
const BATCH = 200;
/** A tree that takes longer is not measured, ms. */
const LIMIT_MS = 5 * 60_000;
const OUTPUT_BYTES = 4 * 1024 * 1024;
/** Between two measurements, at least: so many times as long as the last one took. */
const PAUSE = 20;

/** Sizes of folders: `du` measures them, apart from this process and behind all others, and no more often than it can. */
export class FolderSizes {
  private known = new Map<string, FolderUsage>();
  private measuring: Promise<void> | undefined;
  /** when the last one began, and how long it took, ms */
  private last = { began: -Infinity, took: 0 };

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly measure: (paths: readonly string[]) => Promise<Map<string, FolderUsage>> = measureFolders,
  ) {}

  /** As last measured; undefined before the first time. */
  get(path: string): FolderUsage | undefined {
    return this.known.get(path);
  }

  /** Measures these, and forgets all others; only when the last time is long enough ago for it. */
  async refresh(paths: readonly string[], intervalMs: number): Promise<void> {
    const now = this.clock.now();
    const { began, took } = this.last;
    if (this.measuring || now < began + Math.max(intervalMs, took * PAUSE)) return this.measuring;
    this.measuring = this.measureAll(paths).finally(() => {
      this.measuring = undefined;
      this.last = { began: now, took: this.clock.now() - now };
    });
    return this.measuring;
  }

  private async measureAll(paths: readonly string[]): Promise<void> {
    const found = new Map<string, FolderUsage>();
    for (let start = 0; start < paths.length; start += BATCH) {
      const batch = paths.slice(start, start + BATCH);
      const sizes = await this.measure(batch);
      for (const path of batch) {
        const size = sizes.get(path) ?? this.known.get(path);
        if (size) found.set(path, size);
      }
    }
    this.known = found;
  }
}

/** Disk usage of folders, links not followed, other file systems left out. What is not there is left out too. */
export async function measureFolders(paths: readonly string[]): Promise<Map<string, FolderUsage>> {
  const [bytes, inodes] = await Promise.all([du(['--block-size=1'], paths), du(['--inodes'], paths)]);
  const sizes = new Map<string, FolderUsage>();
  for (const [path, usedBytes] of bytes) sizes.set(path, { usedBytes, inodesUsed: inodes.get(path) ?? 0 });
  return sizes;
}

/** What goes meanwhile makes du fail at the end; what it has written holds all the same. */
function du(flags: readonly string[], paths: readonly string[]): Promise<Map<string, number>> {
  return new Promise((resolve) => {
    const all = ['--summarize', '--one-file-system', '--null', ...flags, '--', ...paths];
    const args = ['-n', '19', ...asOwner('du', all).flat()];
    execFile('nice', args, { timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES }, (_error, stdout) => {
      const lines = stdout.split('\0').map((line) => line.split('\t'));
      resolve(new Map(lines.flatMap(([size, path]) => (path === undefined ? [] : [[path, Number(size)] as const]))));
    });
  });
}
