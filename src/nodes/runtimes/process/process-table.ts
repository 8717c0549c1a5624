import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Start time in clock ticks since boot, which tells a process from a later one with the same id; undefined when gone. */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const mountsOf = (pid: number | 'self'): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
};

/** A namespace of mounts. As long as it is held, no other one gets its name. */
export interface HeldMounts {
  name: string;
  release(): void;
}

/** The mounts that a process has for itself and its descendants; undefined where they are this program's too, or not told. */
export function holdMounts(pid: number): HeldMounts | undefined {
  try {
    const file = openSync(`/proc/${pid}/ns/mnt`, 'r');
    const name = mountsOf(pid);
    const release = (): void => closeSync(file);
    if (name !== undefined && name !== mountsOf('self')) return { name, release };
    release();
  } catch {
    // it is gone, or not ours to look at
  }
  return undefined;
}

/** Every living process that has these mounts, which nothing without the host's own rights can leave. */
export function processesAmong(mounts: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => mountsOf(pid) === mounts && startTicks(pid));
}

/** Resident set in bytes and CPU time in nanoseconds of one process. */
export function usageOf(pid: number): { memory: number; cpu: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    // USER_HZ is 100 on every Linux architecture that Node supports, and pages of /proc/stat are 4 KiB there.
    return { memory: Number(fields[21]) * 4096, cpu: ticks * 1e7 };
  } catch {
    return { memory: 0, cpu: 0 };
  }
}

/** False when the process was already gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
