import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveToGroup, ownershipOf, type Ownership } from '../../../src/nodes/volumes/ownership.ts';

const root = process.getuid?.() === 0;
const group = root ? 4321 : (process.getgid?.() ?? 0);
const always: Ownership = { group, policy: 'Always', readOnly: false };

describe('a volume that is given to a group', () => {
  let folder: string;
  let outside: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ku7s-own-'));
    outside = mkdtempSync(join(tmpdir(), 'ku7s-other-'));
    mkdirSync(join(folder, 'deep'), { mode: 0o700 });
    writeFileSync(join(folder, 'deep/file'), '', { mode: 0o600 });
    writeFileSync(join(folder, 'deep/program'), '', { mode: 0o4700 });
    writeFileSync(join(outside, 'secret'), '', { mode: 0o600 });
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    symlinkSync(outside, join(folder, 'deep/way'));
  });
  afterEach(() => {
    for (const each of [folder, outside]) rmSync(each, { recursive: true });
  });
  const modes = (): string[] =>
    ['', 'deep', 'deep/file', 'deep/program'].map((path) => (statSync(join(folder, path)).mode & 0o7777).toString(8));
  const groups = (): number[] => ['', 'deep', 'deep/file'].map((path) => statSync(join(folder, path)).gid);

  it('is its, to read and write, and so is what comes into it', async () => {
    await giveToGroup(folder, always);
    expect(modes()).toEqual(['2770', '2770', '660', '4760']);
    expect(groups()).toEqual([group, group, group]);
  });

  it('is its to read where nobody writes', async () => {
    await giveToGroup(folder, { ...always, readOnly: true });
    expect(modes()).toEqual(['2750', '2750', '640', '4740']);
  });

  it('leads nowhere else: what links point to stays as it was', async () => {
    await giveToGroup(folder, always);
    expect(statSync(join(outside, 'secret')).mode & 0o777).toBe(0o600);
    expect(statSync(outside).mode & 0o7777).toBe(0o700);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });

  it.each([
    ['Always', '660'],
    ['OnRootMismatch', '600'],
  ] as const)('whose folder is right already is gone through again with policy %s alone', async (policy, mode) => {
    await giveToGroup(folder, always);
    chmodSync(join(folder, 'deep/file'), 0o600);
    await giveToGroup(folder, { ...always, policy });
    expect(modes()[2]).toBe(mode);
  });

  it('whose folder is not right is gone through with policy OnRootMismatch too', async () => {
    await giveToGroup(folder, { ...always, policy: 'OnRootMismatch' });
    expect(modes()[2]).toBe('660');
  });

  it.each([
    [{}, undefined],
    [{ fsGroup: 5 }, { group: 5, policy: 'Always', readOnly: false }],
    [
      { fsGroup: 5, fsGroupChangePolicy: 'OnRootMismatch' as const },
      { group: 5, policy: 'OnRootMismatch', readOnly: false },
    ],
  ])('is what %o asks for', (securityContext, expected) => {
    const metadata = { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
    expect(ownershipOf({ metadata, spec: { containers: [], securityContext } }, false)).toEqual(expected);
  });
});
