import { execFile } from 'node:child_process';

/** How long a command may take that mounts or formats something, ms. */
const TIMEOUT_MS = 120_000;
/** bytes of output that are kept */
const MAX_OUTPUT = 64 * 1024;

/** A program of the machine is missing, so that nothing was done. */
export class MissingProgram extends Error {}

/**
 * Runs a program of the machine to its end.
 * @returns its standard output
 * @throws Error with what it said, MissingProgram when it is not installed
 */
export function runCommand(program: string, args: readonly string[], timeout = TIMEOUT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' as const, encoding: 'utf8' as const };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (error.code === 'ENOENT') return reject(new MissingProgram(`${program} is not installed on this machine`));
      const why = error.killed ? `no answer within ${timeout / 1000} s` : linesOf(stderr).join('; ') || error.message;
      reject(new Error(`${program} failed: ${why}`));
    });
  });
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
