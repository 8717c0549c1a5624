import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountedAt, mountTable } from '../../../src/rules/machine/mount-table.ts';
import { MissingProgram, runCommand } from '../../../src/rules/machine/run-command.ts';
import { removeTree, unmountBelow } from '../../../src/rules/machine/unmount.ts';

describe('what is mounted', () => {
  it('is read as the kernel writes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ku7s-table-'));
    const file = join(folder, 'mountinfo');
    writeFileSync(
      file,
      '36 35 98:0 /sub\\040dir /mnt/a\\040b rw,noatime shared:1 - ext4 /dev/root rw,errors=continue\n' +
        '37 35 0:5 / /proc rw - proc proc rw\n',
    );
    expect(await mountTable(file)).toEqual([
      {
        target: '/mnt/a b',
        root: '/sub dir',
        type: 'ext4',
        source: '/dev/root',
        options: ['rw', 'noatime', 'rw', 'errors=continue'],
      },
      { target: '/proc', root: '/', type: 'proc', source: 'proc', options: ['rw', 'rw'] },
    ]);
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(process.getuid?.() !== 0)('a folder with mounts in it', () => {
  let folder: string;
  let data: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ku7s-unmount-'));
    data = mkdtempSync(join(tmpdir(), 'ku7s-data-'));
    mkdirSync(join(data, 'below'));
    writeFileSync(join(data, 'file'), 'mine');
    mkdirSync(join(folder, 'in a/pod'), { recursive: true });
    execFileSync('mount', ['--bind', data, join(folder, 'in a/pod')]);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(folder, 'in a/pod/below')]);
  });
  afterEach(async () => {
    await unmountBelow(folder);
    for (const each of [folder, data]) rmSync(each, { recursive: true, force: true });
  });

  it('is removed, and what was mounted keeps what it has', async () => {
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
    expect(readFileSync(join(data, 'file'), 'utf8')).toBe('mine');
  });

  it('stays while something stays mounted', async () => {
    const used = execFileSync('sh', [
      '-c',
      `sleep 1000 < '${join(folder, 'in a/pod/file')}' >/dev/null 2>&1 & echo $!`,
    ]);
    await expect(removeTree(folder)).rejects.toThrow(/umount failed: .*busy/);
    expect(readFileSync(join(data, 'file'), 'utf8')).toBe('mine');
    expect(await mountedAt(join(folder, 'in a/pod'))).toBeDefined();
    process.kill(Number(used), 'SIGKILL');
    await expect.poll(() => unmountBelow(folder).then(() => 'done', String)).toBe('done');
  });
});

describe('a program of the machine', () => {
  it('that is not there is told from one that fails', async () => {
    await expect(runCommand('no-such-program-here', [])).rejects.toThrow(MissingProgram);
    await expect(runCommand('sh', ['-c', 'echo one >&2; echo two >&2; exit 3'])).rejects.toThrow('sh failed: one; two');
    await expect(runCommand('sh', ['-c', 'exec sleep 1000'], 10)).rejects.toThrow('sh failed: no answer within 0.01 s');
    expect(await runCommand('echo', ['x'])).toBe('x\n');
  });
});
