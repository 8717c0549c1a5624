import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../../src/rules/machine/unmount.ts';
import { mountSubPath } from '../../../../src/nodes/runtimes/containerd/sub-path.ts';

let folder: string;
let volume: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sub-path-'));
  volume = join(folder, 'volume');
  mkdirSync(join(volume, 'a/b'), { recursive: true });
  writeFileSync(join(volume, 'a/b/file'), 'content');
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'outside/secret'), 'secret');
});
afterEach(async () => {
  await removeTree(folder);
  rmSync(folder, { recursive: true, force: true });
});

const place = (): string => join(folder, 'places/0');

describe.skipIf(process.getuid?.() !== 0)('a part of a volume (needs root)', () => {
  it.each(['a/b', './a//b/'])('%s is a folder that is mounted', async (subPath) => {
    await mountSubPath(volume, subPath, place());
    expect(readFileSync(join(place(), 'file'), 'utf8')).toBe('content');
  });

  it('may be a file', async () => {
    await mountSubPath(volume, 'a/b/file', place());
    expect(readFileSync(place(), 'utf8')).toBe('content');
  });

  it('is made where it is missing, with the mode of its volume', async () => {
    const { mode } = statSync(volume);
    await mountSubPath(volume, 'new/one', place());
    expect(statSync(join(volume, 'new/one')).mode).toBe(mode);
    expect(statSync(place()).isDirectory()).toBe(true);
  });

  it('may be behind a link that stays within', async () => {
    symlinkSync('a', join(volume, 'link'));
    await mountSubPath(volume, 'link/b', place());
    expect(readFileSync(join(place(), 'file'), 'utf8')).toBe('content');
  });

  it.each([
    ['a link out of it', () => symlinkSync('../outside', join(volume, 'out')), 'out'],
    ['a link out of it on the way', () => symlinkSync('../..', join(volume, 'a/up')), 'a/up/outside'],
    ['an absolute link', () => symlinkSync('/etc', join(volume, 'etc')), 'etc'],
  ])('is refused behind %s', async (_, prepare, subPath) => {
    prepare();
    await expect(mountSubPath(volume, subPath, place())).rejects.toThrow('subPath leads out of its volume');
  });
});
