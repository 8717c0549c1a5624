import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { MissingProgram } from '../../rules/machine/run-command.ts';

/** What is kept of the words of a program that fails, bytes. */
const MAX_WORDS = 4096;
/** Files that changed while they were read. */
const CHANGED = 1;
const KEPT = ['--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*'];

/**
 * Copies all that is in a folder into another, with owners, modes, links, attributes and holes; sockets are left out.
 * Who writes there meanwhile may put links to files of the host in the place of folders: tar opens each folder from the
 * one above it and follows none, which cp does not see to.
 * @param ms that it may take. Rejects with Error
 */
export async function copyTree(from: string, to: string, ms: number): Promise<void> {
  const signal = AbortSignal.timeout(ms);
  const reads = spawn('tar', [...KEPT, '-C', from, '--sparse', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const writes = spawn('tar', [...KEPT, '-C', to, '-p', '-x'], { stdio: ['pipe', 'ignore', 'pipe'], signal });
  // one that fails breaks the other's pipe, and says itself why
  const passed = pipeline(reads.stdout, writes.stdin).catch(() => undefined);
  await Promise.all([ended(reads, CHANGED), ended(writes, 0), passed]);
}

/** @param worst exit code that is no failure */
async function ended(child: ChildProcess, worst: number): Promise<void> {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(0, MAX_WORDS)));
  const [code] = (await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new MissingProgram('tar is not installed on this machine');
    throw new Error(`copying failed: ${error.message}`);
  })) as [number | null];
  if (code === null || code > worst) throw new Error(`copying failed: ${words.trim() || `tar ended with ${code}`}`);
}
