import { readFile } from 'node:fs/promises';

/** Something that is mounted in this mount namespace. */
export interface MountEntry {
  /** absolute path of the mount point */
  target: string;
  /** what of its file system is shown: `/` for all of it */
  root: string;
  /** `ext4` */
  type: string;
  /** `/dev/loop0`, `server:/export` */
  source: string;
  /** of the mount and of its file system */
  options: readonly string[];
}

/** What is mounted, oldest first; of one mount point the last one is seen. Source: proc(5), /proc/pid/mountinfo */
export async function mountTable(file = '/proc/self/mountinfo'): Promise<MountEntry[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').filter(Boolean).map(parse);
}

function parse(line: string): MountEntry {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', target = '', options = ''] = before.split(' ');
  const [type = '', source = '', superOptions = ''] = after.split(' ');
  return {
    target: unescape(target),
    root: unescape(root),
    type,
    source: unescape(source),
    options: [...options.split(','), ...superOptions.split(',')],
  };
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

/** Whether a path is a mount point or lies in a folder. */
export const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The mount that is seen at exactly this path. */
export const mountedAt = async (path: string): Promise<MountEntry | undefined> =>
  (await mountTable()).findLast(({ target }) => target === path);
