import type { Pod } from '../../../schema/types.ts';
import type { DeviceRule, HeldDevices } from './devices.ts';

/** What cgroups can enforce; a machine may lack any of them. */
export type Controller = 'cpu' | 'memory' | 'pids';
export const CONTROLLERS: readonly Controller[] = ['cpu', 'memory', 'pids'];

/**
 * Figures of one cgroup, in the units of cgroup v1, which the kubelet computes and which v2 is given converted. What
 * is absent stays as it is; -1 is no limit.
 */
export interface CgroupLimits {
  /** relative weight, 2 … 262144; 1024 is one cpu */
  cpuShares?: number;
  /** µs of cpu time in each period */
  cpuQuota?: number;
  /** µs */
  cpuPeriod?: number;
  /** bytes; swap is not added to it */
  memory?: number;
  /** processes and threads */
  pids?: number;
}

/** What the processes of a cgroup have used and hold, they and those of the cgroups below it. */
export interface CgroupStats {
  /** since the cgroup was made */
  cpuNanoseconds: number;
  /** periods in which the quota was used up, since the cgroup was made */
  throttledPeriods: number;
  /** bytes, page cache included */
  memoryUsage: number;
  /** bytes: without the page cache that could be given back at once, which is what the kubelet judges by */
  workingSet: number;
  /** bytes of anonymous memory */
  rss: number;
  pageFaults: number;
  majorPageFaults: number;
  /** bytes; absent where there is no limit */
  memoryLimit?: number;
  /** processes and threads */
  pids: number;
}

/** What cgroups above allow: absent where there is no limit. cpu in thousandths, memory in bytes, pids with threads. */
export type Bounds = Partial<Record<Controller, number>>;

/** The cgroup of one attempt of one container. It outlives the agent; nothing of it is held in memory alone. */
export interface ContainerCgroup {
  /** Files into which a process writes its id (`0` is the writer itself) to be in the cgroup, with all it starts then. */
  readonly procs: readonly string[];
  /** what is still to be done for its processes to be held to devices */
  readonly devices?: HeldDevices | undefined;
  stats(): CgroupStats;
  /** Processes of the container that the kernel killed because a memory limit was reached. */
  oomKills(): number;
  /** @throws the kernel's refusal, such as a memory limit below what is in use */
  update(limits: CgroupLimits): void;
  /** What the kernel enforces now. */
  limits(): CgroupLimits;
  /** SIGKILL to every process in it, those that it starts meanwhile included. */
  kill(): void;
  /** Process ids, threads left out. */
  processes(): number[];
  /** Kills what is in it and removes it. */
  remove(): Promise<void>;
}

/** The cgroup of a pod, which holds those of its containers. */
export interface PodCgroup {
  /** below the mount point of each hierarchy, as CRI's `cgroup_parent` */
  readonly path: string;
  readonly devices?: HeldDevices | undefined;
  /**
   * Makes the cgroup of a container's attempt, with its limits, or takes the one that is there.
   * @param name unique within the pod: the container's name and attempt
   * @param allowed devices that its processes may use; all when absent
   * @throws the kernel's refusal
   */
  container(name: string, limits: CgroupLimits, allowed?: readonly DeviceRule[]): ContainerCgroup;
  /** The cgroup of an earlier run of the agent; undefined where there is none. */
  find(name: string): ContainerCgroup | undefined;
  stats(): CgroupStats;
  update(limits: CgroupLimits): void;
  limits(): CgroupLimits;
  /** Kills every process of the pod and removes its cgroups. */
  remove(): Promise<void>;
}

/** The cgroups of one agent. Hierarchy as the kubelet's: `kubepods[/burstable|/besteffort]/podUID/CONTAINER`. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** what this machine enforces */
  readonly enforces: ReadonlySet<Controller>;
  /** why it does not enforce all, for people; empty where it does */
  readonly missing: string;
  /** how containers are held to devices, by the files of v1 or a program (v2); absent where the machine has no way */
  readonly devices?: 'list' | 'program' | undefined;
  /** what all pods together may have by the cgroups above theirs */
  readonly bounds: Bounds;
  /** Limits all pods together. */
  limit(limits: CgroupLimits): void;
  /**
   * Makes the pod's cgroup, or takes the one that is there, with the limits that its spec says.
   * @param allowed devices that its containers may use at most; said before any of them has a cgroup
   */
  pod(pod: Pod, allowed?: readonly DeviceRule[]): PodCgroup;
  /** The cgroup of a pod, in whichever class it was made; undefined where there is none. */
  find(uid: string): PodCgroup | undefined;
  /** Weighs the classes of pods by what these request, as the kubelet does each minute. */
  balance(pods: readonly Pod[]): void;
  /** All pods of the agent. */
  stats(): CgroupStats;
  /** Removes the cgroups of pods that nobody knows, with every process in them. Others may come meanwhile. */
  collect(isKnown: (uid: string) => boolean): Promise<void>;
  /** Removes all that the agent made; for a node that goes away. */
  close(): Promise<void>;
}
