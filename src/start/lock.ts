import { spawnSync } from 'node:child_process';
import { constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StartError } from './start-error.ts';

/** What `flock` ends with when somebody else has the lock. */
const CONFLICT = 1;

/**
 * Takes a role's part of the data folder for this process, until it ends, however it ends: the lock is the kernel's, on
 * an open file that no child inherits. Where the machine has no `flock`, the process that has written itself down is
 * asked for instead. @throws StartError when another process has it
 */
export function lockRole(folder: string, role: string): void {
  const file = path.join(folder, `${role}.lock`);
  const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  const holder = readFileSync(file, 'utf8').trim();
  const { status, error } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
  if (error ? isAlive(Number(holder)) : status === CONFLICT)
    throw new StartError(
      `the data folder ${folder} is in use by process ${holder}, which has the role ${role}: ` +
        'stop it, or choose another folder with --data',
    );
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`, 0);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
