import { join } from 'node:path';

/** Links followed on the way to one file at most, as the kernel has it. */
const MAX_LINKS = 40;

/** A directory of a layer that is being unpacked. */
export interface TreeDirectory {
  kind: 'directory';
  /** on this machine */
  path: string;
  parent: TreeDirectory;
  children: Map<string, TreeNode>;
}
export type TreeNode =
  | TreeDirectory
  | { kind: 'file' }
  | { kind: 'link'; target: string }
  /** hides what lower layers have under the name */
  | { kind: 'whiteout' };

/** A layer has a name that must not be, or a way that leads nowhere. */
export class LayerError extends Error {}

type MakeDirectory = (path: string, hidden: boolean) => Promise<void>;

/** The steps of a name within a layer. @throws LayerError for one that would lead out of it */
export function stepsOf(name: string): string[] {
  if (name.includes('\0')) throw new LayerError(`a name of the layer has a zero byte`);
  const steps = name.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..')) throw new LayerError(`${JSON.stringify(name)} leads out of the layer`);
  return steps;
}

/**
 * What has been unpacked of a layer, kept in memory: the folder begins empty and nobody else writes to it, so where a
 * name leads is known without asking the file system, and no link is ever followed by it.
 */
export class LayerTree {
  readonly root: TreeDirectory;

  constructor(path: string) {
    const children = new Map<string, TreeNode>();
    const root: Omit<TreeDirectory, 'parent'> & { parent?: TreeDirectory } = { kind: 'directory', path, children };
    this.root = Object.assign(root, { parent: root as TreeDirectory });
  }

  /**
   * The directory that the steps lead to, links resolved within the layer as if it were the root.
   * @param make called for each directory that is missing, with whether lower layers' was hidden. @throws LayerError
   */
  async directory(steps: readonly string[], make: MakeDirectory): Promise<TreeDirectory> {
    const left = [...steps];
    let at = this.root;
    let links = 0;
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      if (step === '..') {
        at = at.parent;
        continue;
      }
      const child = at.children.get(step);
      if (child?.kind === 'directory') at = child;
      else if (child?.kind === 'link') {
        if (++links > MAX_LINKS) throw new LayerError(`${JSON.stringify(steps.join('/'))} has too many links`);
        if (child.target.startsWith('/')) at = this.root;
        left.unshift(...child.target.split('/').filter((each) => each !== '' && each !== '.'));
      } else if (child?.kind === 'file')
        throw new LayerError(`${JSON.stringify(steps.join('/'))} leads through a file`);
      else {
        await make(join(at.path, step), child !== undefined);
        at = this.add(at, step);
      }
    }
    return at;
  }

  /** Notes a directory that was made. */
  add(parent: TreeDirectory, name: string): TreeDirectory {
    const path = join(parent.path, name);
    const made: TreeDirectory = { kind: 'directory', path, parent, children: new Map() };
    parent.children.set(name, made);
    return made;
  }
}
