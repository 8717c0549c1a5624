import type { DeviceRule, HeldDevices } from './devices.ts';
import type { CgroupLimits, CgroupStats, Controller } from './contract.ts';

/**
 * The tree of cgroups as one of the kernel's two interfaces shows it, from the place that is the agent's. Paths are
 * relative to that place: `kubepods/podUID`.
 */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly enforces: ReadonlySet<Controller>;
  /** path of the agent's place below the mount point, as a container runtime takes it */
  readonly path: string;
  /** Makes a cgroup whose parent is there. @param leaf it will have processes and no cgroups */
  make(path: string, leaf: boolean): void;
  exists(path: string): boolean;
  children(path: string): string[];
  procs(path: string): string[];
  processes(path: string): number[];
  readonly devices: 'list' | 'program' | undefined;
  /** Holds the processes of a cgroup to devices. @returns what is left to do, by a program */
  hold(path: string, allowed: readonly DeviceRule[]): HeldDevices | undefined;
  write(path: string, limits: CgroupLimits): void;
  limits(path: string): CgroupLimits;
  stats(path: string): CgroupStats;
  oomKills(path: string): number;
  /** SIGKILL to all in it, not in the cgroups below it */
  kill(path: string): void;
  /** @returns false while something is in it */
  remove(path: string): boolean;
}

/** Values of a file of lines `name number`. */
export function counters(text: string | undefined): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of (text ?? '').split('\n')) {
    const [name, value] = line.split(/\s+/);
    if (name && value !== undefined) values.set(name, Number(value));
  }
  return values;
}

/** Process ids of a `cgroup.procs`; 0 are those of namespaces above. */
export const processIds = (text: string | undefined): number[] =>
  (text ?? '')
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);

/** SIGKILL; a process that is gone is what is wanted. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
}
