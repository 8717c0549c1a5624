import type { Readable, Writable } from 'node:stream';
import type { ExecOptions, ExecSession } from '../runtime.ts';
import { readSelf, type ContainerSelf } from './container-self.ts';
import type { Machine } from './container-steps.ts';
import { execSteps } from './exec-steps.ts';
import { Launch, type Launcher } from './launch.ts';
import { readProcess } from './pod-namespaces.ts';
import { sendSignal } from './process-table.ts';

/** Exit code of a command that could not be begun, as shells have it. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const TERM = 'xterm';
/** Bytes of input that wait for a command to begin, before no more is taken. */
const MAX_EARLY = 256 * 1024;

/** What is asked of a session before its command has begun. */
interface Early {
  input: Buffer[];
  ended: boolean;
  killed: boolean;
  size: [columns: number, rows: number] | undefined;
}

/**
 * Runs a command in the container's namespaces and cgroup, with the rights and variables that the container was started
 * with, on a terminal when asked for.
 * @param directory of the container's attempt
 */
export function execInContainer(
  launcher: Promise<Launcher>,
  directory: string,
  command: readonly string[],
  options: ExecOptions,
  machine: Machine,
): ExecSession {
  const early: Early = { input: [], ended: false, killed: false, size: undefined };
  const listeners: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void)[] = [];
  let launch: Launch | undefined;
  let paused = false;
  let waiting = 0;
  let drained = (): void => undefined;
  const outputs = (): Readable[] =>
    launch ? [launch.child.stdout, launch.child.stderr].filter((each) => each !== null) : [];
  const say = (stream: 'stdout' | 'stderr', chunk: Buffer): void => listeners.forEach((each) => each(stream, chunk));
  const input = (): Writable | undefined => launch?.child.stdin ?? undefined;

  const begin = async (): Promise<number> => {
    const [self, target] = [readSelf(directory), readProcess(directory)];
    const by = await launcher;
    if (!self || !target || early.killed) return NOT_EXECUTABLE;
    const tty = Boolean(options.tty);
    const env: ContainerSelf['env'] = { ...(tty && { TERM }), ...self.env };
    const steps = execSteps({ ...self, env }, target, command, { tty, stdin: Boolean(options.stdin) }, machine);
    launch = new Launch(by, steps, [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe']);
    const { child } = launch;
    child.stdin?.on('error', () => undefined);
    // one that has closed its input takes all that is left of it
    for (const event of ['drain', 'close']) child.stdin?.on(event, () => drained());
    child.stdout?.on('data', (chunk: Buffer) => say('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => say('stderr', chunk));
    if (paused) outputs().forEach((each) => each.pause());
    const taken = early.input.splice(0).map((chunk) => child.stdin?.write(chunk) ?? true);
    if (taken.at(-1) !== false) drained();
    if (early.ended) child.stdin?.end();
    if (early.size) launch.resize(...early.size);
    const closed = new Promise<number>((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
      child.once('error', () => resolve(NOT_EXECUTABLE));
    });
    const failure = await launch.begun.then(
      () => undefined,
      (error: Error) => error.message,
    );
    const code = await closed;
    if (failure === undefined) return code;
    say('stderr', Buffer.from(`${failure}\n`));
    return /executable file not found|no such file/.test(failure) ? NOT_FOUND : NOT_EXECUTABLE;
  };

  return {
    exited: begin().catch((error: unknown) => {
      say('stderr', Buffer.from(`${(error as Error).message}\n`));
      return NOT_EXECUTABLE;
    }),
    write(chunk) {
      if (launch) return !input()?.writable || input()?.write(chunk) !== false;
      early.input.push(chunk);
      waiting += chunk.length;
      return waiting < MAX_EARLY;
    },
    onInputDrain: (listener) => void (drained = listener),
    endInput() {
      early.ended = true;
      input()?.end();
    },
    resize(columns, rows) {
      early.size = [columns, rows];
      if (options.tty) launch?.resize(columns, rows);
    },
    onOutput: (listener) => void listeners.push(listener),
    pause() {
      paused = true;
      outputs().forEach((each) => each.pause());
    },
    resume() {
      paused = false;
      outputs().forEach((each) => each.resume());
    },
    kill() {
      early.killed = true;
      const child = launch?.child;
      // The launcher ends its command; that it could not begin yet it does not survive either.
      if (child?.pid && child.exitCode === null) sendSignal(child.pid, 'SIGTERM');
    },
  };
}
