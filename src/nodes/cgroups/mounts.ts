import { join, relative } from 'node:path';

/** Where a hierarchy of cgroups is mounted, and which part of it this process is in. */
export interface CgroupMount {
  mountPoint: string;
  /** directory of the process's own cgroup; undefined when the mount does not show it */
  own: string | undefined;
}

export interface CgroupMounts {
  /** by controller; `name=systemd` for a hierarchy without one */
  v1: ReadonlyMap<string, CgroupMount>;
  v2: CgroupMount | undefined;
}

interface Line {
  root: string;
  mountPoint: string;
  type: string;
  options: readonly string[];
}

/** Blanks and the like are in octal there. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

function parseLine(line: string): Line | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, mountPoint] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return undefined;
  return { root: unescape(root), mountPoint: unescape(mountPoint), type, options: options.split(',') };
}

/** By controller, the empty name for v2. */
function ownPaths(cgroup: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    for (const name of match?.[1]?.split(',') ?? []) paths.set(name, match![2]!);
  }
  return paths;
}

/**
 * The hierarchies that a process sees. Of several mounts of one, that with the shortest path counts, as for the kubelet.
 * @param mountinfo text of /proc/self/mountinfo
 * @param cgroup text of /proc/self/cgroup
 */
export function cgroupMounts(mountinfo: string, cgroup: string): CgroupMounts {
  const own = ownPaths(cgroup);
  const lines = mountinfo.split('\n').flatMap((line) => parseLine(line) ?? []);
  lines.sort((a, b) => a.mountPoint.length - b.mountPoint.length);
  const mountOf = ({ root, mountPoint }: Line, name: string): CgroupMount => {
    const below = relative(root, own.get(name) ?? '/..');
    return { mountPoint, own: below.startsWith('..') ? undefined : join(mountPoint, below) };
  };
  const v1 = new Map<string, CgroupMount>();
  let v2: CgroupMount | undefined;
  for (const line of lines) {
    if (line.type === 'cgroup2') v2 ??= mountOf(line, '');
    else for (const name of line.options) if (own.has(name) && !v1.has(name)) v1.set(name, mountOf(line, name));
  }
  return { v1, v2 };
}

/**
 * The directories in which a place of one's own is looked for, best first: the top of what is mounted, as the kubelet
 * does, so that neither the limits of who started the agent nor its end are its pods'; then what leads to the agent's
 * own cgroup, a part of which may have been delegated to it.
 */
export function placesOf({ mountPoint, own }: CgroupMount): string[] {
  const places = [mountPoint];
  const names = own === undefined ? [] : relative(mountPoint, own).split('/').filter(Boolean);
  for (const name of names) places.push(join(places.at(-1)!, name));
  return places;
}
