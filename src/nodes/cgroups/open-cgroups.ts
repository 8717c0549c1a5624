import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import type { Timers } from '../../rules/clock.ts';
import { boundsOf } from './bounds.ts';
import { kernelFiles, type CgroupFiles } from './cgroup-files.ts';
import { CONTROLLERS, type Bounds, type Cgroups, type Controller } from './contract.ts';
import type { Hierarchy } from './hierarchy.ts';
import { HierarchyV1 } from './hierarchy-v1.ts';
import { HierarchyV2, makePlace } from './hierarchy-v2.ts';
import { Kubepods } from './kubepods.ts';
import { cgroupMounts, placesOf, type CgroupMount, type CgroupMounts } from './mounts.ts';

export interface CgroupOptions {
  /** real path; it names the agent's place: several agents on a machine have each their own */
  dataDir: string;
  timers: Timers;
  /** processes and threads of each pod; -1 for as many as all together */
  podPids: number;
}

/** `reason` says for people why there are none, `bounds` what the agent itself is limited to. */
export type OpenedCgroups = { cgroups: Cgroups } | { cgroups: undefined; reason: string; bounds: Bounds };

interface Opened {
  hierarchy: Hierarchy;
  bounds: Bounds;
}

/** Trees of v1 that limit no amounts, and in which a container is all the same: devices, usage, freezing, systemd's view. */
const BESIDE = ['devices', 'cpuacct', 'freezer', 'name=systemd'];

/**
 * The cgroups that this agent may make, or the reason why it may not. Nothing is changed where it may not.
 * @param files the kernel's; a test has others
 */
export function openCgroups(options: CgroupOptions, files: CgroupFiles = kernelFiles): OpenedCgroups {
  const mounts = cgroupMounts(files.read('/proc/self/mountinfo') ?? '', files.read('/proc/self/cgroup') ?? '');
  const name = `ku7s-${createHash('sha256').update(options.dataDir).digest('hex').slice(0, 12)}`;
  const refused = (reason: string): OpenedCgroups => {
    const own = (controller: Controller): string[] => {
      const mount = mounts.v1.get(controller) ?? mounts.v2;
      return mount ? placesOf(mount) : [];
    };
    return { cgroups: undefined, reason, bounds: boundsOf(files, own) };
  };
  try {
    const old = CONTROLLERS.some((each) => mounts.v1.has(each));
    const opened = old ? openV1(files, mounts, name) : openV2(files, mounts.v2, name);
    if (typeof opened === 'string') return refused(opened);
    const lacking = CONTROLLERS.filter((each) => !opened.hierarchy.enforces.has(each));
    const missing = lacking.length ? `no cgroup controller for ${lacking.join(', ')}` : '';
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void options.timers.setTimeout(resolve, ms));
    const { podPids } = options;
    return { cgroups: new Kubepods(opened.hierarchy, { podPids, bounds: opened.bounds, missing, wait }) };
  } catch (error) {
    return refused(`making a cgroup: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The best place in a mount, and what leads to it. */
function choose(mount: CgroupMount, fits: (directory: string) => boolean): string[] | undefined {
  const places = placesOf(mount);
  const index = places.findIndex(fits);
  return index < 0 ? undefined : places.slice(0, index + 1);
}

function openV1(files: CgroupFiles, mounts: CgroupMounts, name: string): Opened | string {
  const places = new Map<string, string>();
  const chains = new Map<string, string[]>();
  let path: string | undefined;
  for (const controller of [...CONTROLLERS, ...BESIDE]) {
    const mount = mounts.v1.get(controller);
    const chain = mount && choose(mount, (each) => files.writable(each));
    if (!chain) continue;
    const place = join(chain.at(-1)!, name);
    files.make(place);
    places.set(controller, place);
    chains.set(controller, chain);
    path ??= join('/', relative(mount.mountPoint, place));
  }
  if (!CONTROLLERS.some((each) => places.has(each))) return 'the agent may make no cgroups (v1) on this machine';
  // systemd may watch the unified tree of a hybrid machine: there, too, a container is in a place of its own
  const unified = mounts.v2?.mountPoint;
  if (unified !== undefined && files.writable(unified)) {
    files.make(join(unified, name));
    places.set('unified', join(unified, name));
  }
  const bounds = boundsOf(files, (controller) => chains.get(controller) ?? []);
  const own = new Set(places.values());
  const others = [...mounts.v1.values()].map(({ mountPoint }) => join(mountPoint, path ?? name));
  const hierarchy = new HierarchyV1(
    files,
    places,
    path ?? '/',
    [...new Set(others)].filter((each) => !own.has(each)),
  );
  return { hierarchy, bounds };
}

function openV2(files: CgroupFiles, mount: CgroupMount | undefined, name: string): Opened | string {
  if (!mount) return 'no cgroups are mounted';
  const chain = choose(mount, (each) => files.writable(each) && files.writable(join(each, 'cgroup.procs')));
  if (!chain)
    return 'no cgroup (v2) is delegated to the agent; systemd-run --user --scope -p Delegate=yes COMMAND does it';
  const place = makePlace(files, chain.at(-1)!, name);
  const hierarchy = new HierarchyV2(files, place, join('/', relative(mount.mountPoint, place)));
  return { hierarchy, bounds: boundsOf(files, () => chain) };
}
