import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, type ClientProgram } from '../program.ts';

/**
 * The program beside this file, built by the machine's Go. Downloading is a step of its own: without a network it
 * makes the test skip, while source that does not compile makes it fail.
 */
export async function goClient(): Promise<ClientProgram> {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const env = { GOFLAGS: '-mod=mod', GOWORK: 'off' };
  const binary = path.join(os.tmpdir(), `ku7s-client-go-${process.getuid?.() ?? 0}`);
  const ready = await prepare([{ command: 'go', args: ['mod', 'download'], cwd, env, timeout: 120_000 }], [binary]);
  if ('missing' in ready) return ready;
  const built = await prepare([{ command: 'go', args: ['build', '-o', binary, '.'], cwd, env, timeout: 480_000 }], [binary]);
  if ('missing' in built) throw new Error(built.missing);
  return built;
}
