import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file beside and moves it, so that a program that is killed leaves the old text or the new. Not forced to the
 * disk: when the machine itself goes down, what these files tell of is gone too, and who reads them has to bear an old,
 * an empty or a missing one.
 */
export function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
