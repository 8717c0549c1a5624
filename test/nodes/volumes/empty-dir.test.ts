import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../schema/types.ts';
import { unmountBelow } from '../../../src/rules/machine/unmount.ts';
import { emptyDir, memorySize } from '../../../src/nodes/volumes/empty-dir.ts';

const Mi = 2 ** 20;
const spec = (memory?: string): PodSpec => ({
  containers: [{ name: 'c', ...(memory && { resources: { limits: { memory }, requests: { memory } } }) }],
});

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'empty-dir-'))));
afterEach(async () => {
  await unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

describe('the size of an emptyDir in memory', () => {
  it.each([
    ['that of the node where nothing else says less', undefined, undefined, 100 * Mi],
    ['that of the volume', '10Mi', undefined, 10 * Mi],
    ['that of the pod', undefined, '20Mi', 20 * Mi],
    ['the least of both', '30Mi', '20Mi', 20 * Mi],
    ['no more than the node has', '1Gi', '1Gi', 100 * Mi],
    ['not limited by nothing', '0', undefined, 100 * Mi],
  ])('is %s', (_, sizeLimit, memory, size) => {
    expect(memorySize({ ...(sizeLimit && { sizeLimit }) }, spec(memory), 100 * Mi)).toBe(size);
  });
});

describe('an emptyDir', () => {
  it('on disk is for everybody, and stays as it is when it is there', async () => {
    const directory = join(folder, 'v');
    expect(await emptyDir({}, directory, spec(), 100 * Mi)).toBe(true);
    expect(statSync(directory).mode & 0o777).toBe(0o777);
    expect(await emptyDir({}, directory, spec(), 100 * Mi)).toBe(false);
  });

  it('of huge pages is refused', async () => {
    const made = emptyDir({ medium: 'HugePages-2Mi' }, join(folder, 'v'), spec(), 100 * Mi);
    await expect(made).rejects.toThrow('emptyDir of medium HugePages-2Mi: this node has no huge pages');
  });

  const root = process.getuid?.() === 0;
  it.skipIf(!root)('in memory takes no more than its size, is mounted once, and is gone when unmounted', async () => {
    const directory = join(folder, 'v');
    const source = { medium: 'Memory', sizeLimit: '1Mi' };
    expect(await emptyDir(source, directory, spec(), 100 * Mi)).toBe(true);
    const { blocks, bsize } = await statfs(directory);
    expect(blocks * bsize).toBe(Mi);
    expect(() => writeFileSync(join(directory, 'file'), Buffer.alloc(2 * Mi))).toThrow('ENOSPC');
    expect(await emptyDir(source, directory, spec(), 100 * Mi)).toBe(false);
    await unmountBelow(folder);
    expect(statSync(directory).dev).toBe(statSync(folder).dev);
  });

  it.skipIf(root)('in memory is refused where the agent may not mount', async () => {
    const made = emptyDir({ medium: 'Memory' }, join(folder, 'v'), spec(), 100 * Mi);
    await expect(made).rejects.toThrow('it is not root');
  });
});
