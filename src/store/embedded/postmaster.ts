import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A server process that holds a data folder, as its postmaster.pid says. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** How long a server gets to end in each of the ways tried, ms. */
const STOP_MS = 10_000;

/**
 * Who holds the folder. A pid file whose process is gone, or is another program by now (pids are used again soon in
 * containers), is removed: Postgres itself would refuse to start for the latter.
 */
export function readPostmaster(pgdata: string): Postmaster | undefined {
  const file = path.join(pgdata, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid) && isPostgres(pid)) return { pid, port: Number(lines[3]) };
  rmSync(file, { force: true });
  return undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** A killed child that its parent has not waited for still answers signals. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
  } catch {
    return false;
  }
}

/** Only Linux can tell; elsewhere the pid file is believed. */
function isPostgres(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0', 1)
      .some((program) => program.includes('postgres'));
  } catch {
    return false;
  }
}

/**
 * Ends a server: fast shutdown (SIGINT: clients are cut, a checkpoint is written), then without a checkpoint
 * (SIGQUIT), then by force. All three lose nothing that was committed.
 */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const until = Date.now() + STOP_MS; Date.now() < until; await delay(10)) if (!isAlive(pid)) return;
  }
  throw new Error(`Postgres (pid ${pid}) does not end`);
}
