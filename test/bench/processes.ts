import { readdirSync, readFileSync } from 'node:fs';

/** Linux' own accounts in /proc. Elsewhere, and of processes that ended meanwhile, everything is 0. */
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
/** Fields after the command's name, which may hold spaces. `[1]` is the parent, `[11]` and `[12]` user and system ticks. */
const statOf = (pid: number): string[] =>
  read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
const kilobytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICKS = 100;

/** The processes below `pid`, without itself. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  const all =
    process.platform === 'linux'
      ? readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
      : [];
  for (const one of all) {
    const parent = Number(statOf(one)[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/**
 * CPU seconds used so far by a process, and by its descendants (Postgres). The scheduler's own account in nanoseconds
 * (schedstat) where the kernel keeps one: ticks are samples, and miss work that is done between two of them.
 */
export function cpuSeconds(pid: number): { server: number; database: number } {
  return { server: cpuOf(pid), database: descendants(pid).reduce((sum, one) => sum + cpuOf(one), 0) };
}

function cpuOf(pid: number): number {
  const threads = threadsOf(pid).map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]));
  const nanoseconds = threads.reduce((sum, one) => sum + one, 0);
  if (nanoseconds > 0) return nanoseconds / 1e9;
  const stat = statOf(pid);
  return (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / TICKS;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** MB: the process' resident memory, and what its descendants (Postgres) have, shared pages counted once (PSS). */
export function memoryOf(pid: number): { server: number; database: number } {
  const database = descendants(pid).map((one) => {
    const rollup = read(`/proc/${one}/smaps_rollup`);
    return rollup ? kilobytes(rollup, 'Pss') : kilobytes(read(`/proc/${one}/status`), 'RssAnon');
  });
  return {
    server: kilobytes(read(`/proc/${pid}/status`), 'VmRSS') / 1024,
    database: database.reduce((sum, kb) => sum + kb, 0) / 1024,
  };
}
