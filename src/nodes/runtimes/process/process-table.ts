import { readdirSync, readFileSync } from 'node:fs';

/** Variable in the environment of every process of a container, by which its descendants are found. */
export const CONTAINER_MARK = 'KU7S_CONTAINER_ID';

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

/** Every living process of the container, also those that left its session: they carry its mark in their environment. */
export function processesOf(containerId: string): number[] {
  const mark = `${CONTAINER_MARK}=${containerId}`;
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) && startTicks(pid)) found.push(pid);
    } catch {
      continue;
    }
  }
  return found;
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
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
