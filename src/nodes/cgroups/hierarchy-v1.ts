import { join } from 'node:path';
import type { CgroupFiles } from './cgroup-files.ts';
import type { CgroupLimits, CgroupStats, Controller } from './contract.ts';
import { CONTROLLERS } from './contract.ts';
import { ruleText, type DeviceRule, type HeldDevices } from './devices.ts';
import { counters, killProcess, processIds, type Hierarchy } from './hierarchy.ts';

/** What v1 says for no limit of memory, about: the largest number of pages. */
const UNLIMITED = 2 ** 62;
/** How often who is to be killed is looked for again, where the freezer cannot hold them. */
const KILL_ROUNDS = 5;

/**
 * cgroup v1: each controller is a tree of its own, and a process is in one cgroup of each. Source: the kernel's
 * admin-guide/cgroup-v1.
 */
export class HierarchyV1 implements Hierarchy {
  readonly version = 1;
  readonly enforces: ReadonlySet<Controller>;
  private readonly directories: readonly string[];

  /**
   * @param places the agent's own cgroup of each controller; several may be mounted together
   * @param others where a runtime that makes cgroups itself makes them in trees that the agent has no need of
   */
  constructor(
    private readonly files: CgroupFiles,
    private readonly places: ReadonlyMap<string, string>,
    readonly path: string,
    private readonly others: readonly string[] = [],
  ) {
    this.directories = [...new Set(places.values())];
    this.enforces = new Set(CONTROLLERS.filter((name) => places.has(name)));
  }

  make(path: string): void {
    for (const directory of this.directories) this.files.make(join(directory, path));
    const hierarchical = this.file('memory', path, 'memory.use_hierarchy');
    // kernels before 5.11 count for the cgroups above only when told to
    if (hierarchical && this.files.read(hierarchical) === '0') this.files.write(hierarchical, '1');
  }

  exists(path: string): boolean {
    return this.directories.some((directory) => this.files.exists(join(directory, path)));
  }

  children(path: string): string[] {
    const all = [...this.directories, ...this.others];
    return [...new Set(all.flatMap((directory) => this.files.children(join(directory, path))))];
  }

  procs(path: string): string[] {
    return this.directories.map((directory) => join(directory, path, 'cgroup.procs'));
  }

  processes(path: string): number[] {
    return [...new Set(this.procs(path).flatMap((file) => processIds(this.files.read(file))))];
  }

  /** Where its own tree is not to be had, the unified one of a hybrid machine does it. */
  get devices(): 'list' | 'program' | undefined {
    if (this.places.has('devices')) return 'list';
    return this.places.has('unified') ? 'program' : undefined;
  }

  hold(path: string, allowed: readonly DeviceRule[]): HeldDevices | undefined {
    const unified = this.places.get('unified');
    if (this.devices !== 'list') return unified === undefined ? undefined : { directory: join(unified, path), allowed };
    // one that has cgroups in it was held when it was made
    const isHeld = !this.get('devices', path, 'devices.list')?.startsWith('a ');
    if (isHeld && this.children(path).length) return undefined;
    this.put('devices', path, 'devices.deny', 'a');
    for (const rule of allowed) this.put('devices', path, 'devices.allow', ruleText(rule));
    return undefined;
  }

  write(path: string, limits: CgroupLimits): void {
    const { cpuShares, memory, pids } = limits;
    if (cpuShares !== undefined) this.put('cpu', path, 'cpu.shares', String(cpuShares));
    this.writeQuota(path, limits);
    if (memory !== undefined) this.writeMemory(path, memory);
    if (pids !== undefined) this.put('pids', path, 'pids.max', pids < 0 ? 'max' : String(pids));
  }

  limits(path: string): CgroupLimits {
    const pids = this.get('pids', path, 'pids.max');
    const memory = this.number('memory', path, 'memory.limit_in_bytes');
    return {
      ...(this.enforces.has('cpu') && {
        cpuShares: this.number('cpu', path, 'cpu.shares'),
        cpuQuota: this.number('cpu', path, 'cpu.cfs_quota_us'),
        cpuPeriod: this.number('cpu', path, 'cpu.cfs_period_us'),
      }),
      ...(this.enforces.has('memory') && { memory: memory < UNLIMITED ? memory : -1 }),
      ...(pids !== undefined && { pids: pids === 'max' ? -1 : Number(pids) }),
    };
  }

  stats(path: string): CgroupStats {
    const memory = counters(this.get('memory', path, 'memory.stat'));
    const usage = this.number('memory', path, 'memory.usage_in_bytes');
    const limit = this.limits(path).memory ?? -1;
    return {
      cpuNanoseconds: this.number('cpuacct', path, 'cpuacct.usage'),
      throttledPeriods: counters(this.get('cpu', path, 'cpu.stat')).get('nr_throttled') ?? 0,
      memoryUsage: usage,
      workingSet: Math.max(0, usage - (memory.get('total_inactive_file') ?? 0)),
      rss: memory.get('total_rss') ?? 0,
      pageFaults: memory.get('total_pgfault') ?? 0,
      majorPageFaults: memory.get('total_pgmajfault') ?? 0,
      ...(limit >= 0 && { memoryLimit: limit }),
      pids: this.number('pids', path, 'pids.current'),
    };
  }

  oomKills(path: string): number {
    return counters(this.get('memory', path, 'memory.oom_control')).get('oom_kill') ?? 0;
  }

  /** Frozen meanwhile, so that none starts another one while it is looked for. */
  kill(path: string): void {
    const state = this.file('freezer', path, 'freezer.state');
    const freeze = (text: string): void => {
      if (state && this.files.exists(state)) this.files.write(state, text);
    };
    freeze('FROZEN');
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const found = this.processes(path);
      found.forEach(killProcess);
      if (!found.length || state) break;
    }
    freeze('THAWED');
  }

  remove(path: string): boolean {
    const all = [...this.directories, ...this.others];
    return all.map((directory) => this.files.remove(join(directory, path))).every(Boolean);
  }

  /** The kernel refuses a period with which the quota that is there would exceed its parent's: then the quota is first. */
  private writeQuota(path: string, { cpuQuota, cpuPeriod }: CgroupLimits): void {
    const period = (): void => {
      if (cpuPeriod !== undefined) this.put('cpu', path, 'cpu.cfs_period_us', String(cpuPeriod));
    };
    let late = false;
    try {
      period();
    } catch (error) {
      if (cpuQuota === undefined) throw error;
      late = true;
    }
    if (cpuQuota !== undefined) this.put('cpu', path, 'cpu.cfs_quota_us', String(cpuQuota));
    if (late) period();
  }

  /** Memory and swap together are never less than memory, so one goes before the other when they grow. */
  private writeMemory(path: string, memory: number): void {
    const steps = [
      () => this.put('memory', path, 'memory.limit_in_bytes', String(memory)),
      () => {
        const file = this.file('memory', path, 'memory.memsw.limit_in_bytes');
        if (file && this.files.exists(file)) this.files.write(file, String(memory));
      },
    ];
    const grows = memory < 0 || memory > this.number('memory', path, 'memory.limit_in_bytes');
    for (const step of grows ? steps.reverse() : steps) step();
  }

  private file(controller: string, path: string, name: string): string | undefined {
    const place = this.places.get(controller);
    return place === undefined ? undefined : join(place, path, name);
  }

  private put(controller: string, path: string, name: string, text: string): void {
    const file = this.file(controller, path, name);
    if (file) this.files.write(file, text);
  }

  private get(controller: string, path: string, name: string): string | undefined {
    const file = this.file(controller, path, name);
    return file && this.files.read(file);
  }

  private number(controller: string, path: string, name: string): number {
    return Number(this.get(controller, path, name) ?? 0);
  }
}
