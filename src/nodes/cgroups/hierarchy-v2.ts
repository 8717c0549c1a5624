import { join } from 'node:path';
import type { CgroupFiles } from './cgroup-files.ts';
import type { DeviceRule, HeldDevices } from './devices.ts';
import { CONTROLLERS, type CgroupLimits, type CgroupStats, type Controller } from './contract.ts';
import { sharesOfWeight, weightOfShares } from './figures.ts';
import { counters, killProcess, processIds, type Hierarchy } from './hierarchy.ts';

const KILL_ROUNDS = 5;
const textOf = (value: number): string => (value < 0 ? 'max' : String(value));
const numberOf = (text: string | undefined): number => (text === undefined || text === 'max' ? -1 : Number(text));

/**
 * cgroup v2: one tree. A cgroup gives controllers to those below it and then has no processes of its own; only what is
 * a leaf has. Source: the kernel's admin-guide/cgroup-v2.
 */
export class HierarchyV2 implements Hierarchy {
  readonly version = 2;
  readonly devices = 'program';
  readonly enforces: ReadonlySet<Controller>;

  /** @param place directory of the agent's own cgroup, which is there and gives its controllers on */
  constructor(
    private readonly files: CgroupFiles,
    private readonly place: string,
    readonly path: string,
  ) {
    this.enforces = new Set(availableIn(files, place, 'cgroup.subtree_control'));
  }

  make(path: string, leaf: boolean): void {
    this.files.make(join(this.place, path));
    if (!leaf) giveControllers(this.files, join(this.place, path));
    // One process of a container that is killed ends all of it, as the kubelet has it (KEP-2254).
    else if (this.enforces.has('memory')) this.put(path, 'memory.oom.group', '1');
  }

  exists(path: string): boolean {
    return this.files.exists(join(this.place, path));
  }

  children(path: string): string[] {
    return this.files.children(join(this.place, path));
  }

  procs(path: string): string[] {
    return [join(this.place, path, 'cgroup.procs')];
  }

  processes(path: string): number[] {
    return processIds(this.get(path, 'cgroup.procs'));
  }

  hold(path: string, allowed: readonly DeviceRule[]): HeldDevices {
    return { directory: join(this.place, path), allowed };
  }

  write(path: string, { cpuShares, cpuQuota, cpuPeriod, memory, pids }: CgroupLimits): void {
    if (this.enforces.has('cpu')) {
      if (cpuShares !== undefined) this.put(path, 'cpu.weight', String(weightOfShares(cpuShares)));
      if (cpuQuota !== undefined)
        this.put(path, 'cpu.max', [textOf(cpuQuota), cpuPeriod].filter((each) => each !== undefined).join(' '));
    }
    if (this.enforces.has('memory') && memory !== undefined) this.writeMemory(path, memory);
    if (this.enforces.has('pids') && pids !== undefined) this.put(path, 'pids.max', textOf(pids));
  }

  limits(path: string): CgroupLimits {
    const [quota, period] = (this.get(path, 'cpu.max') ?? 'max 100000').split(' ');
    return {
      ...(this.enforces.has('cpu') && {
        cpuShares: sharesOfWeight(Number(this.get(path, 'cpu.weight') ?? 100)),
        cpuQuota: numberOf(quota),
        cpuPeriod: Number(period),
      }),
      ...(this.enforces.has('memory') && { memory: numberOf(this.get(path, 'memory.max')) }),
      ...(this.enforces.has('pids') && { pids: numberOf(this.get(path, 'pids.max')) }),
    };
  }

  stats(path: string): CgroupStats {
    const cpu = counters(this.get(path, 'cpu.stat'));
    const memory = counters(this.get(path, 'memory.stat'));
    const usage = Number(this.get(path, 'memory.current') ?? 0);
    const limit = numberOf(this.get(path, 'memory.max'));
    return {
      cpuNanoseconds: (cpu.get('usage_usec') ?? 0) * 1000,
      throttledPeriods: cpu.get('nr_throttled') ?? 0,
      memoryUsage: usage,
      workingSet: Math.max(0, usage - (memory.get('inactive_file') ?? 0)),
      rss: memory.get('anon') ?? 0,
      pageFaults: memory.get('pgfault') ?? 0,
      majorPageFaults: memory.get('pgmajfault') ?? 0,
      ...(limit >= 0 && { memoryLimit: limit }),
      pids: Number(this.get(path, 'pids.current') ?? 0),
    };
  }

  oomKills(path: string): number {
    return counters(this.get(path, 'memory.events')).get('oom_kill') ?? 0;
  }

  /** `cgroup.kill` is of Linux 5.14; before, they are frozen while they are looked for. */
  kill(path: string): void {
    if (this.files.exists(join(this.place, path, 'cgroup.kill'))) return this.put(path, 'cgroup.kill', '1');
    const freezes = this.files.exists(join(this.place, path, 'cgroup.freeze'));
    if (freezes) this.put(path, 'cgroup.freeze', '1');
    for (let round = 0; round < KILL_ROUNDS; round++) this.processes(path).forEach(killProcess);
    if (freezes) this.put(path, 'cgroup.freeze', '0');
  }

  remove(path: string): boolean {
    return this.files.remove(join(this.place, path));
  }

  /** v2 takes a limit below what is in use and kills; v1 refuses it, which is what whoever resizes a pod counts on. */
  private writeMemory(path: string, memory: number): void {
    const usage = Number(this.get(path, 'memory.current') ?? 0);
    if (memory >= 0 && memory < usage)
      throw new Error(`unable to set memory limit to ${memory} (current usage: ${usage})`);
    this.put(path, 'memory.max', textOf(memory));
    if (this.files.exists(join(this.place, path, 'memory.swap.max')))
      this.put(path, 'memory.swap.max', memory < 0 ? 'max' : '0');
  }

  private put(path: string, name: string, text: string): void {
    this.files.write(join(this.place, path, name), text);
  }

  private get(path: string, name: string): string | undefined {
    return this.files.read(join(this.place, path, name));
  }
}

function availableIn(files: CgroupFiles, directory: string, name: string): Controller[] {
  const found = (files.read(join(directory, name)) ?? '').split(/\s+/);
  return CONTROLLERS.filter((controller) => found.includes(controller));
}

/** Lets the cgroups below have what this one has, controller by controller: some may be refused. */
function giveControllers(files: CgroupFiles, directory: string): void {
  for (const controller of availableIn(files, directory, 'cgroup.controllers'))
    files.write(join(directory, 'cgroup.subtree_control'), `+${controller}`);
}

/** A cgroup below, into which the processes of one that is to have cgroups below it are moved. */
const LEAF = 'init';

/**
 * Makes the agent's own cgroup below `parent`, with as many controllers as can be had. Where the parent has processes
 * (a container's root, a unit with delegation), they move into a leaf first: the kernel wants it so.
 * @throws the kernel's refusal
 */
export function makePlace(files: CgroupFiles, parent: string, name: string): string {
  try {
    giveControllers(files, parent);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    files.make(join(parent, LEAF));
    for (const pid of processIds(files.read(join(parent, 'cgroup.procs'))))
      files.write(join(parent, LEAF, 'cgroup.procs'), String(pid));
    giveControllers(files, parent);
  }
  const place = join(parent, name);
  files.make(place);
  giveControllers(files, place);
  return place;
}
