import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSecurity } from '../../pods/security-context.ts';

/** What is kept of a container for what is run in it later, by another agent too. It has the container's variables. */
export interface ContainerSelf {
  id: string;
  /** ms since the epoch */
  startedAt: number;
  env: Readonly<Record<string, string>>;
  workingDir: string;
  security: ContainerSecurity;
  /** the filter of its system calls, as the kernel has it, in base64 */
  filter?: string;
  /** namespaces that a command is put in beside the container: bits of CLONE */
  namespaces: number;
  /** files by which it is put in the container's cgroup */
  procs: readonly string[];
  /** the pod has users of its own: the first of the host's ids that they have */
  userBase?: number;
  /** whether the end of its first process is the end of all */
  ownProcesses: boolean;
  tty: boolean;
}

const selfFile = (directory: string): string => join(directory, 'self.json');

/** Readable by the agent alone. */
export function saveSelf(directory: string, self: ContainerSelf): void {
  writeFileSync(selfFile(directory), JSON.stringify(self), { mode: 0o600 });
}

/** undefined where no container was started. */
export function readSelf(directory: string): ContainerSelf | undefined {
  try {
    return JSON.parse(readFileSync(selfFile(directory), 'utf8')) as ContainerSelf;
  } catch {
    return undefined;
  }
}
