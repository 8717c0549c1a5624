import { chmod, lstat, mkdir, open, readlink, rm, symlink, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountedAt } from '../../rules/machine/mount-table.ts';
import { runCommand } from '../../rules/machine/run-command.ts';

/**
 * A file that is a disk: what is in it can never be more than its size, and never less than what was promised, since all
 * of it is reserved. It needs root, and losetup and mkfs of the machine.
 */
export class LoopFile {
  constructor(readonly file: string) {}

  /** Makes it of so many bytes, or brings it to that size; it never shrinks. */
  async reserve(bytes: number): Promise<void> {
    const handle = await open(this.file, 'a', 0o600);
    const { size } = await handle.stat();
    await handle.close();
    if (size >= bytes) return;
    // Where the file system cannot reserve, the size still is the limit.
    await runCommand('fallocate', ['-l', String(bytes), '--', this.file]).catch(() => truncate(this.file, bytes));
  }

  /** An ext4 of the whole file. What was in it is lost. */
  async format(): Promise<void> {
    await runCommand('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'nodiscard', '--', this.file]);
  }

  /** The loop device that it is. @returns undefined where it is none */
  async device(): Promise<string | undefined> {
    const list = await runCommand('losetup', ['--noheadings', '--output', 'NAME', '--associated', this.file]);
    return list.trim().split('\n')[0] || undefined;
  }

  async attach(): Promise<string> {
    return (await this.device()) ?? (await runCommand('losetup', ['--find', '--show', '--', this.file])).trim();
  }

  /** Mounted at a folder, until `detach`. */
  async mount(folder: string): Promise<void> {
    if (await mountedAt(folder)) return;
    await mkdir(folder, { recursive: true });
    await runCommand('mount', ['-t', 'ext4', '--', await this.attach(), folder]);
  }

  /** Ends the device and what is mounted from it. @throws Error while somebody uses it */
  async detach(folder?: string): Promise<void> {
    if (folder && (await mountedAt(folder))) await runCommand('umount', ['--', folder]);
    const device = await this.device();
    if (device) await runCommand('losetup', ['--detach', device]);
  }

  /** Tells the device, and the file system that is mounted from it, that the file has grown. */
  async grown(hasFileSystem: boolean): Promise<void> {
    const device = await this.device();
    if (!device) return;
    await runCommand('losetup', ['--set-capacity', device]);
    if (hasFileSystem) await runCommand('resize2fs', [device]);
  }

  /**
   * Names its device by a link in /dev, which a restart of the machine empties: a link that lasted could lead to a disk
   * of somebody else.
   */
  async link(path: string): Promise<void> {
    const device = await this.attach();
    if ((await readlink(path).catch(() => undefined)) === device) return;
    await mkdir(dirname(path), { recursive: true });
    await chmod(dirname(path), 0o700);
    if (await lstat(path).catch(() => undefined)) await rm(path);
    await symlink(device, path);
  }
}
