import { chmod, lchown, link, lutimes, mkdir, open, rm, symlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { run, setAttributes, type Attribute } from './extended-attributes.ts';
import { LayerError, LayerTree, stepsOf, type TreeDirectory, type TreeNode } from './layer-tree.ts';

/** One entry of a layer's archive. */
export interface LayerEntry {
  name: string;
  /** as tar-stream names it; null for a kind that it does not know */
  type: string | null;
  mode: number;
  uid: number;
  gid: number;
  /** seconds since the epoch */
  mtime: number;
  linkname: string;
  device: { major: number; minor: number };
  /** as pax has them, by name */
  attributes: Readonly<Record<string, string>>;
}

/** chunks of bytes */
type Content = AsyncIterable<unknown>;

/** Who unpacks: root gives files to whom they belong; others make all of them their own. */
export interface Unpacker {
  root: boolean;
  /** a character device 0:0, of which whiteouts are made by linking */
  whiteout: string;
}

/** Makes what overlayfs takes for a whiteout; Linux lets every user make it since 5.8. */
export const makeWhiteout = (path: string): Promise<string> => run('mknod', [path, 'c', '0', '0']);

const OPAQUE = '.wh..wh..opq';
const WHITEOUT = '.wh.';
/** What aufs kept for itself. */
const AUFS = '.wh..wh.';
/** Bytes of one attribute, as Linux bounds them, and of all of a layer. */
const MAX_ATTRIBUTE = 64 * 1024;
const MAX_ATTRIBUTES = 16 * 1024 * 1024;
const MAX_ID = 2 ** 32 - 2;
/** Of a directory that is only the way to something, as Docker makes it. */
const implied = () => ({ mode: 0o755, mtime: Date.now() / 1000 });

/**
 * Writes the entries of one layer below a folder, as overlayfs wants them: what hides something of lower layers is a
 * character device 0:0, a directory that hides all of theirs has an attribute. Nothing is written outside.
 */
export class LayerWriter {
  /** directories that hide what lower layers have in them */
  readonly opaque = new Set<string>();
  /** what an image has and this machine, or who unpacks, cannot make: devices, attributes */
  dropped = 0;
  private readonly tree: LayerTree;
  private readonly attributes = new Map<string, Attribute[]>();
  private attributeBytes = 0;
  private readonly directories = new Map<string, Pick<LayerEntry, 'mode' | 'mtime'>>();

  constructor(
    root: string,
    private readonly who: Unpacker,
  ) {
    this.tree = new LayerTree(root);
    // unless the archive says it: the agent's own files are for nobody else
    this.directories.set(root, implied());
  }

  /** @throws LayerError, or what the file system says */
  async write(entry: LayerEntry, content: Content): Promise<void> {
    const steps = stepsOf(entry.name);
    const base = steps.at(-1);
    if (base === undefined) return this.own(this.tree.root, entry);
    const parent = await this.parentOf(steps);
    if (base === OPAQUE) this.hideAll(parent);
    else if (base.startsWith(AUFS)) return;
    else if (base.startsWith(WHITEOUT)) await this.hide(parent, base.slice(WHITEOUT.length));
    else await this.make(parent, base, entry, content);
  }

  /** Attributes, and the directories' modes and times, which what is made in them would change. */
  async finish(): Promise<void> {
    const opaque = [...this.opaque];
    const names = this.who.root ? ['trusted.overlay.opaque', 'user.overlay.opaque'] : ['user.overlay.opaque'];
    const marks = opaque.flatMap((path) => names.map((name) => ({ path, name, value: Buffer.from('y') })));
    const failed = await setAttributes([...[...this.attributes.values()].flat(), ...marks]);
    const unmarked = opaque.find((path) => failed.has(path));
    if (unmarked !== undefined)
      throw new Error(`a directory cannot be marked as opaque on this file system: ${failed.get(unmarked)}`);
    this.dropped += failed.size;
    // what is below first: who is not root may need the right to go there
    for (const [path, { mode, mtime }] of [...this.directories].sort(([a], [b]) => b.length - a.length)) {
      await chmod(path, mode);
      await lutimes(path, mtime, mtime);
    }
  }

  private parentOf(steps: readonly string[]): Promise<TreeDirectory> {
    return this.tree.directory(steps.slice(0, -1), async (path, hidden) => {
      if (hidden) await rm(path);
      if (hidden) this.opaque.add(path);
      await mkdir(path, 0o700);
      this.directories.set(path, implied());
    });
  }

  private hideAll(directory: TreeDirectory): void {
    this.opaque.add(directory.path);
  }

  /** Of a directory that the layer has too, only what lower layers had in it is hidden. */
  private async hide(parent: TreeDirectory, name: string): Promise<void> {
    if (name === '' || name === '.' || name === '..') throw new LayerError(`a whiteout of ${JSON.stringify(name)}`);
    const there = parent.children.get(name);
    if (there?.kind === 'directory') this.hideAll(there);
    if (there) return;
    await this.whiteout(join(parent.path, name));
    parent.children.set(name, { kind: 'whiteout' });
  }

  private async whiteout(path: string): Promise<void> {
    try {
      await link(this.who.whiteout, path);
    } catch (error) {
      // file systems bound the names of one file
      if ((error as NodeJS.ErrnoException).code !== 'EMLINK') throw error;
      await makeWhiteout(path);
    }
  }

  private async make(parent: TreeDirectory, name: string, entry: LayerEntry, content: Content): Promise<void> {
    const path = join(parent.path, name);
    const there = parent.children.get(name);
    if (entry.type === 'directory') return this.makeDirectory(parent, name, entry, there);
    const target = entry.type === 'link' ? await this.linked(entry) : undefined;
    // a link to itself leaves what is there
    if (target?.path === path) return;
    if (there) await this.remove(parent, name);
    if (target) {
      await link(target.path, path);
      parent.children.set(name, target.node);
      return;
    }
    const node = await this.create(path, entry, content);
    if (!node) return;
    parent.children.set(name, node);
    await this.attribute(path, entry, node.kind === 'link');
    await lutimes(path, entry.mtime, entry.mtime);
  }

  private async makeDirectory(
    parent: TreeDirectory,
    name: string,
    entry: LayerEntry,
    there: TreeNode | undefined,
  ): Promise<void> {
    if (there?.kind === 'directory') return this.own(there, entry);
    if (there) await this.remove(parent, name);
    await mkdir(join(parent.path, name), 0o700);
    const made = this.tree.add(parent, name);
    if (there?.kind === 'whiteout') this.hideAll(made);
    await this.own(made, entry);
  }

  private async own({ path }: TreeDirectory, entry: LayerEntry): Promise<void> {
    await this.attribute(path, entry, false);
    // later entries count
    this.directories.delete(path);
    this.directories.set(path, { mode: entry.mode & 0o7777, mtime: entry.mtime });
  }

  private async remove(parent: TreeDirectory, name: string): Promise<void> {
    const path = join(parent.path, name);
    await rm(path, { recursive: true });
    const node = parent.children.get(name);
    parent.children.delete(name);
    if (node) this.forget(path, node);
  }

  private forget(path: string, node: TreeNode): void {
    this.attributes.delete(path);
    if (node.kind !== 'directory') return;
    this.directories.delete(path);
    this.opaque.delete(path);
    for (const [name, child] of node.children) this.forget(join(path, name), child);
  }

  /** What a hard link leads to: something of the same layer. */
  private async linked({ name, linkname }: LayerEntry): Promise<{ path: string; node: TreeNode }> {
    const steps = stepsOf(linkname);
    const last = steps.at(-1);
    const missing = (): LayerError =>
      new LayerError(`${JSON.stringify(name)} is a link to ${JSON.stringify(linkname)}, which the layer does not have`);
    if (last === undefined) throw missing();
    const parent = await this.tree.directory(steps.slice(0, -1), () => Promise.reject(missing()));
    const node = parent.children.get(last);
    if (!node || node.kind === 'directory' || node.kind === 'whiteout') throw missing();
    return { path: join(parent.path, last), node };
  }

  /** @returns undefined for what is left out */
  private async create(path: string, entry: LayerEntry, content: Content): Promise<TreeNode | undefined> {
    switch (entry.type) {
      case 'file':
      case 'contiguous-file':
        await this.writeFile(path, entry, content);
        return { kind: 'file' };
      case 'symlink':
        if (!entry.linkname || entry.linkname.includes('\0'))
          throw new LayerError(`${JSON.stringify(entry.name)} is a link to nothing`);
        await symlink(entry.linkname, path);
        return { kind: 'link', target: entry.linkname };
      case 'fifo':
        await run('mkfifo', ['-m', '600', path]);
        return { kind: 'file' };
      case 'character-device':
      case 'block-device':
        return this.makeDevice(path, entry);
      default:
        throw new LayerError(`${JSON.stringify(entry.name)} is of a kind that is not supported`);
    }
  }

  /** Only root makes devices, and none that overlayfs would take for a whiteout. */
  private async makeDevice(path: string, { type, device }: LayerEntry): Promise<TreeNode | undefined> {
    const { major, minor } = device;
    if (!this.who.root || (major === 0 && minor === 0)) {
      this.dropped++;
      return undefined;
    }
    const letter = type === 'block-device' ? 'b' : 'c';
    await run('mknod', ['-m', '600', path, letter, String(major), String(minor)]);
    return { kind: 'file' };
  }

  private async writeFile(path: string, { mode }: LayerEntry, content: Content): Promise<void> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o700);
    try {
      for await (const chunk of content) await file.writeFile(chunk as Uint8Array);
    } finally {
      await file.close();
    }
  }

  private async attribute(path: string, entry: LayerEntry, isLink: boolean): Promise<void> {
    const { uid, gid, mode } = entry;
    const valid = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= MAX_ID;
    if (!valid(uid) || !valid(gid)) throw new LayerError(`${JSON.stringify(entry.name)} belongs to nobody`);
    if (this.who.root) await lchown(path, uid, gid);
    // after the owner, whose change takes set-user-id away
    if (!isLink && entry.type !== 'directory') await chmod(path, mode & 0o7777);
    const own = Object.entries(entry.attributes).flatMap(([name, value]) => this.allowed(path, name, value) ?? []);
    if (own.length) this.attributes.set(path, own);
    else this.attributes.delete(path);
  }

  /**
   * An image does not tell overlayfs where other files are, nor what the machine's security modules think of them; and
   * what is no text has been spoilt by the archive's reader.
   */
  private allowed(path: string, name: string, text: string): Attribute | undefined {
    const value = Buffer.from(text);
    const known = name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'));
    if (!known || text.includes('\uFFFD') || name.includes('\0') || value.length > MAX_ATTRIBUTE) {
      this.dropped++;
      return undefined;
    }
    this.attributeBytes += name.length + value.length;
    if (this.attributeBytes > MAX_ATTRIBUTES)
      throw new LayerError(`the layer's attributes have more than ${MAX_ATTRIBUTES} bytes`);
    return { path, name, value };
  }
}
