import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster.ts';

const BIN = fileURLToPath(new URL('../../../bin/ku7s.js', import.meta.url));

export interface Role {
  process: ChildProcess;
  /** everything that it has logged */
  log(): string;
}

/** Starts roles in a process of their own, with a folder of their own below `folder`; resolves when they run. */
export async function startRole(roles: string, api: Cluster, folder: string, ...more: string[]): Promise<Role> {
  const data = path.join(folder, roles);
  const apart = ['--roles', roles, '--server', api.url, '--kubeconfig', api.kubeconfig, '--data', data];
  const child = spawn(process.execPath, [BIN, ...apart, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    process.stderr.write(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${roles} ended with ${code}`)));
  });
  return { process: child, log: () => text };
}

/** Ends the process by a signal; resolves when it has ended. */
export function end({ process: child }: Role, signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
