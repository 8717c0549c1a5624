import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Who the loops of a data folder are when one of several has to lead: the same in each run, so that a run which follows
 * one that was killed leads at once. Only who has the lock of the role may say so.
 */
export function identityOf(folder: string): string {
  const file = path.join(folder, 'identity');
  return `${os.hostname()}_${read(file) ?? make(file)}`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function make(file: string): string {
  const id = randomUUID();
  writeFileSync(`${file}.${process.pid}`, id);
  renameSync(`${file}.${process.pid}`, file);
  return id;
}
