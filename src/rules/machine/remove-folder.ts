import { rm } from 'node:fs/promises';
import { asOwner } from './as-owner.ts';
import { runCommand } from './run-command.ts';

/** A tree of millions of files takes that long, ms. */
const LIMIT_MS = 10 * 60_000;

/**
 * Removes a folder with all that is in it, if it is there. Who filled it may have wanted it to stay: by modes that let
 * nobody in, or by folders so deep in each other that no path leads to them (`rm` goes from one to the next).
 */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await runCommand(...asOwner('rm', ['-rf', '--one-file-system', '--', folder]), LIMIT_MS);
  }
}
