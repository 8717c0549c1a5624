import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PATIENCE_MS } from '../../support/patience.ts';

/** A program with a client library, ready to run; or why this machine cannot have it. */
export type ClientProgram = { missing: string } | { check(kubeconfig: string, namespace: string): Promise<unknown> };

const execute = promisify(execFile);

/**
 * Prepares a program by `steps` (install, build) and answers how to run it; a step that fails is what is missing.
 * A program's last line of output is its result in JSON; it gets the arguments KUBECONFIG NAMESPACE.
 */
export async function prepare(steps: readonly Step[], program: readonly [string, ...string[]]): Promise<ClientProgram> {
  for (const { command, args, cwd, env, timeout } of steps) {
    const failed = await execute(command, args, { cwd, env: { ...process.env, ...env }, timeout, maxBuffer: 16 << 20 }).then(
      () => undefined,
      (error: Error & { stderr?: string }) => error.stderr?.trim().split('\n').at(-1) || error.message,
    );
    if (failed !== undefined) return { missing: `${command} ${args.join(' ')}: ${failed}` };
  }
  return {
    async check(kubeconfig, namespace) {
      const [command, ...args] = program;
      const { stdout } = await execute(command, [...args, kubeconfig, namespace], { timeout: PATIENCE_MS, maxBuffer: 16 << 20 });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    },
  };
}

export interface Step {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** milliseconds */
  timeout: number;
}
