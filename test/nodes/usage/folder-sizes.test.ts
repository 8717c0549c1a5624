import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderSizes, measureFolders } from '../../../src/nodes/usage/folder-sizes.ts';
import type { FolderUsage } from '../../../src/nodes/usage/node-usage.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sizes-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('the size of folders', () => {
  it('is that of their files, each counted once and links not followed', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'with blank\nand line')];
    for (const each of [a, b]) mkdirSync(each);
    writeFileSync(join(a, 'file'), Buffer.alloc(1024 * 1024));
    linkSync(join(a, 'file'), join(a, 'again'));
    symlinkSync('/usr', join(b, 'link'));
    const sizes = await measureFolders([a, b, join(folder, 'gone')]);
    expect(sizes.get(a)?.usedBytes).toBeGreaterThanOrEqual(1024 * 1024);
    expect(sizes.get(a)?.usedBytes).toBeLessThan(2 * 1024 * 1024);
    expect(sizes.get(a)?.inodesUsed).toBe(2);
    expect(sizes.get(b)?.inodesUsed).toBe(2);
    expect(sizes.size).toBe(2);
  });

  it('is measured no more often than it can be', async () => {
    const clock = new FakeClock();
    const measured: number[] = [];
    const sizes = new FolderSizes(clock, async (paths) => {
      measured.push(clock.now());
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 3000));
      return new Map(paths.map((path): [string, FolderUsage] => [path, { usedBytes: measured.length, inodesUsed: 1 }]));
    });
    const start = clock.now();
    for (let second = 0; second < 130; second++) {
      void sizes.refresh(['/a'], 10_000);
      await clock.advance(1000);
    }
    // each takes 3 s, and so the next one begins after 60
    expect(measured.map((time) => (time - start) / 1000)).toEqual([0, 60, 120]);
    expect(sizes.get('/a')?.usedBytes).toBe(3);
    await sizes.refresh([], 10_000);
  });

  it('is measured as often as is asked for now, not when it was measured last', async () => {
    const clock = new FakeClock();
    const measured: number[] = [];
    const sizes = new FolderSizes(clock, (paths) => {
      measured.push(clock.now());
      return Promise.resolve(new Map(paths.map((path) => [path, { usedBytes: 1, inodesUsed: 1 }])));
    });
    const start = clock.now();
    await sizes.refresh(['/a'], 60_000);
    for (let second = 1; second <= 20; second++) {
      await clock.advance(1000);
      await sizes.refresh(['/a'], second < 5 ? 60_000 : 10_000);
    }
    expect(measured.map((time) => (time - start) / 1000)).toEqual([0, 10, 20]);
  });
});
