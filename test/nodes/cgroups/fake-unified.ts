import { basename, dirname, join } from 'node:path';
import type { CgroupFiles } from '../../../src/nodes/cgroups/cgroup-files.ts';

const refusal = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });

/** Files that the kernel makes with each controller, as they read at first. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': { 'cgroup.procs': '', 'cgroup.subtree_control': '', 'cgroup.type': 'domain', 'cgroup.kill': '' },
  cpu: { 'cpu.weight': '100', 'cpu.max': 'max 100000', 'cpu.stat': 'usage_usec 0\nnr_periods 0\nnr_throttled 0' },
  memory: {
    'memory.max': 'max',
    'memory.current': '0',
    'memory.swap.max': 'max',
    'memory.oom.group': '0',
    'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0',
    'memory.stat': 'anon 0\nfile 0\ninactive_file 0\npgfault 0\npgmajfault 0',
  },
  pids: { 'pids.max': 'max', 'pids.current': '0' },
};

/** Values that the kernel refuses. */
const REFUSED: Readonly<Record<string, (text: string) => boolean>> = {
  'cpu.weight': (text) => !(Number(text) >= 1 && Number(text) <= 10_000),
  'cpu.max': (text) => !/^(max|[1-9]\d{3,})( [1-9]\d{3,6})?$/.test(text),
  'memory.max': (text) => !/^(max|\d+)$/.test(text),
  'pids.max': (text) => !/^(max|\d+)$/.test(text),
};

/**
 * The kernel's cgroup v2 in memory, with its rules: a controller must be given by the cgroup above; a cgroup that gives
 * any has no processes; what has processes or cgroups is not removed. Source: admin-guide/cgroup-v2.
 */
export class FakeUnified implements CgroupFiles {
  /** texts by path */
  readonly files = new Map<string, string>();
  private readonly directories = new Set<string>();
  readonly killed: number[] = [];

  /**
   * @param mountPoint of the tree @param own the agent's own cgroup below it
   * @param writable which cgroups the agent may write to @param isRoot whether the mount shows the machine's real root
   */
  constructor(
    readonly mountPoint: string,
    own: string,
    readonly writable: (path: string) => boolean = () => true,
    private readonly isRoot = true,
    controllers = 'cpuset cpu io memory hugetlb pids',
  ) {
    this.files.set('/proc/self/mountinfo', `35 24 0:30 / ${mountPoint} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate`);
    this.files.set('/proc/self/cgroup', `0::${own}`);
    this.add(mountPoint, controllers);
    if (isRoot) this.files.delete(join(mountPoint, 'cgroup.type'));
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.directories.has(path);
  }

  make(path: string): void {
    if (this.directories.has(path)) return;
    if (!this.directories.has(dirname(path))) throw refusal('ENOENT');
    this.add(path, this.files.get(join(dirname(path), 'cgroup.subtree_control'))!);
  }

  children(path: string): string[] {
    return [...this.directories]
      .filter((each) => each !== path && dirname(each) === path)
      .map((each) => basename(each));
  }

  remove(path: string): boolean {
    if (this.files.get(join(path, 'cgroup.procs')) || this.children(path).length) return false;
    this.directories.delete(path);
    for (const file of this.files.keys()) if (dirname(file) === path) this.files.delete(file);
    return true;
  }

  write(path: string, text: string): void {
    if (!this.files.has(path)) throw refusal('ENOENT');
    const [directory, name] = [dirname(path), basename(path)];
    if (REFUSED[name]?.(text)) throw refusal('EINVAL');
    if (name === 'cgroup.subtree_control') return this.give(directory, text.slice(1));
    if (name === 'cgroup.procs') return this.enter(directory, text);
    if (name === 'cgroup.kill') return this.kill(directory);
    this.files.set(path, text);
  }

  private add(path: string, controllers: string): void {
    this.directories.add(path);
    this.files.set(join(path, 'cgroup.controllers'), controllers);
    for (const name of ['', ...controllers.split(' ')]) {
      for (const [file, text] of Object.entries(FILES[name] ?? {})) this.files.set(join(path, file), text);
    }
  }

  private give(directory: string, controller: string): void {
    const text = (name: string): string => this.files.get(join(directory, name))!;
    if (!text('cgroup.controllers').split(' ').includes(controller)) throw refusal('ENOENT');
    const exempt = this.isRoot && directory === this.mountPoint;
    if (text('cgroup.procs') && !exempt) throw refusal('EBUSY');
    const given = new Set(text('cgroup.subtree_control').split(' ').filter(Boolean)).add(controller);
    this.files.set(join(directory, 'cgroup.subtree_control'), [...given].join(' '));
    for (const child of this.children(directory)) {
      this.files.set(join(directory, child, 'cgroup.controllers'), [...given].join(' '));
      for (const [file, value] of Object.entries(FILES[controller] ?? {})) {
        if (!this.files.has(join(directory, child, file))) this.files.set(join(directory, child, file), value);
      }
    }
  }

  private enter(directory: string, pid: string): void {
    const exempt = this.isRoot && directory === this.mountPoint;
    if (this.files.get(join(directory, 'cgroup.subtree_control')) && !exempt) throw refusal('EBUSY');
    for (const each of this.directories) {
      const file = join(each, 'cgroup.procs');
      const others = this.files
        .get(file)!
        .split('\n')
        .filter((line) => line && line !== pid);
      this.files.set(file, others.join('\n'));
    }
    const file = join(directory, 'cgroup.procs');
    this.files.set(file, [...this.files.get(file)!.split('\n').filter(Boolean), pid].join('\n'));
  }

  private kill(directory: string): void {
    for (const each of this.directories) {
      if (each !== directory && !each.startsWith(`${directory}/`)) continue;
      this.killed.push(...this.files.get(join(each, 'cgroup.procs'))!.split('\n').filter(Boolean).map(Number));
      this.files.set(join(each, 'cgroup.procs'), '');
    }
  }
}
