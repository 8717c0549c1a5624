import { existsSync, renameSync } from 'node:fs';

/** Size at which a log is put aside, and files kept with the current one. */
export const MAX_BYTES = 10 * 1024 * 1024;
export const MAX_FILES = 5;

/** Puts a container's log aside as `0.log.1`, those before it one further; who writes has to open a new one. */
export function shiftLogs(path: string): void {
  for (let n = MAX_FILES - 2; n >= 1; n--) {
    if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
  }
  renameSync(path, `${path}.1`);
}
