import { chmod, mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../rules/machine/run-command.ts';
import { removeTree } from '../../rules/machine/unmount.ts';
import { copyTree } from './copy-tree.ts';
import { LoopFile } from './loop-file.ts';

/** folder: of the node's file system, as large as that is; filesystem: of a size that is kept; block: a device */
export type Form = 'folder' | 'filesystem' | 'block';

/** What is kept beside each volume, so that it can be told what it is when no API is there, or another. */
export interface VolumeRecord {
  form: Form;
  bytes: number;
  /** uid of the cluster's kube-system, whose volume it is */
  cluster: string;
  /** uid of the claim that it is made for, until its object is there */
  pending?: string;
  /** goes with its object */
  reclaim: boolean;
}

/** A volume could not be made as it was asked for; another node might do. */
export class FolderError extends Error {}

const RECORD = 'volume.json';
const DOOMED = '.deleted';
/** ms that a copy of a volume may take */
const COPY_MS = 60 * 60_000;

/**
 * The volumes of one node: `DIRECTORY/NAME` each, with a record and the data. Everything may be done again after a crash
 * at any point; what was half deleted is deleted by `tidy`.
 */
export class NodeFolders {
  constructor(
    readonly directory: string,
    private readonly devices = '/dev/ku7s',
  ) {}

  /** Where pods find the data. It is there only while the volume can be used: below the mount point of a loop file. */
  pathOf(name: string, form: Form): string {
    if (form === 'folder') return join(this.directory, name, 'data');
    return form === 'filesystem' ? join(this.mountPoint(name), 'data') : join(this.devices, name);
  }

  /**
   * Makes a volume, with what another one holds where `from` is given.
   * @returns where its data is
   * @throws FolderError where this node has no room or no means for it
   */
  async make(name: string, record: VolumeRecord, from?: string): Promise<string> {
    const path = this.pathOf(name, record.form);
    const before = await this.record(name);
    if (before && before.pending !== record.pending) throw new FolderError(`folder ${name} is another volume's`);
    await this.checkRoom(record.bytes, from);
    await mkdir(join(this.directory, name), { recursive: true, mode: 0o700 });
    await this.write(name, record);
    if (record.form === 'folder') await openFolder(path);
    else await this.makeLoop(name, record);
    if (from !== undefined) await copy(from, path, record.form);
    return path;
  }

  private async makeLoop(name: string, { form, bytes }: VolumeRecord): Promise<void> {
    if (process.getuid?.() !== 0) throw new FolderError(`a volume of form ${form} needs an agent that is root`);
    const file = this.loop(name);
    const fresh = !(await stat(file.file).catch(() => undefined));
    await file.reserve(bytes);
    if (form === 'block') return file.link(this.pathOf(name, form));
    // a crash while it was formatted leaves a file that cannot be mounted
    if (fresh) await file.format();
    await file.mount(this.mountPoint(name)).catch(async () => {
      await file.format();
      await file.mount(this.mountPoint(name));
    });
    await openFolder(this.pathOf(name, form));
  }

  /** Makes it at least so large. */
  async grow(name: string, bytes: number): Promise<void> {
    const record = await this.record(name);
    if (!record) throw new FolderError(`there is no folder ${name} on this node`);
    if (record.bytes >= bytes) return;
    if (record.form !== 'folder') {
      await this.checkRoom(bytes - record.bytes);
      const file = this.loop(name);
      await file.reserve(bytes);
      await file.grown(record.form === 'filesystem');
    }
    await this.write(name, { ...record, bytes });
  }

  /** Removes it with its data; nothing is left of it. @throws Error while it is used */
  async remove(name: string): Promise<void> {
    const record = await this.record(name);
    const doomed = join(this.directory, `${name}${DOOMED}`);
    if (record && record.form !== 'folder') await this.detach(name);
    await rename(join(this.directory, name), doomed).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await removeTree(doomed);
  }

  /** Brings back what a restart of the machine took: mounts and devices. */
  async open(name: string): Promise<void> {
    const record = await this.record(name);
    if (record?.form === 'filesystem') await this.loop(name).mount(this.mountPoint(name));
    if (record?.form === 'block') await this.loop(name).link(this.pathOf(name, 'block'));
  }

  /** Gives back the mounts and devices that nobody uses. */
  async close(): Promise<void> {
    for (const name of await this.names()) {
      const record = await this.record(name);
      if (record && record.form !== 'folder') await this.detach(name).catch(() => undefined);
    }
  }

  /** Ends what was half deleted. @returns the volumes that there are */
  async tidy(): Promise<string[]> {
    const all = await readdir(this.directory).catch(() => []);
    for (const name of all.filter((each) => each.endsWith(DOOMED))) await removeTree(join(this.directory, name));
    return this.names();
  }

  /** undefined when there is none */
  async record(name: string): Promise<VolumeRecord | undefined> {
    const text = await readFile(join(this.directory, name, RECORD), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as VolumeRecord);
  }

  async write(name: string, record: VolumeRecord): Promise<void> {
    const file = join(this.directory, name, RECORD);
    await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
  }

  private async names(): Promise<string[]> {
    return (await readdir(this.directory).catch(() => [])).filter((name) => !name.endsWith(DOOMED));
  }

  private async detach(name: string): Promise<void> {
    await this.loop(name).detach(this.mountPoint(name));
    await rm(join(this.devices, name), { force: true });
  }

  private async checkRoom(bytes: number, from?: string): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.directory);
    if (bytes > bavail * bsize) throw new FolderError(`not enough free space on the node: ${bavail * bsize} bytes`);
    if (from !== undefined && !(await stat(from).catch(() => undefined)))
      throw new FolderError('the source of the data is not on this node');
  }

  private mountPoint(name: string): string {
    return join(this.directory, name, 'mount');
  }
  private loop(name: string): LoopFile {
    return new LoopFile(join(this.directory, name, 'disk.img'));
  }
}

/** For everybody: which user a pod's containers are, nobody knows yet. */
async function openFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
}

/** Copies all that is in a folder or on a disk. */
async function copy(from: string, to: string, form: Form): Promise<void> {
  if (form === 'block') await runCommand('dd', [`if=${from}`, `of=${to}`, 'bs=4M', 'conv=sparse,notrunc'], COPY_MS);
  else await copyTree(from, to, COPY_MS);
}
