import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecOptions, ExecSession } from '../runtime.ts';
import type { Capabilities } from './capabilities.ts';
import { carriedEnvironment, UNPACK } from './carried-environment.ts';
import type { ProcessContainer } from './process-container.ts';
import { CONTAINER_MARK, sendSignal } from './process-table.ts';
import { shellQuote } from './root-view.ts';

interface Target {
  container: ProcessContainer;
  directory: string;
  can: Capabilities;
}

/** As whom, and with what around it, a container runs. */
interface ContainerSelf {
  env: Readonly<Record<string, string>>;
  user?: number | undefined;
  group?: number | undefined;
}
const selfFile = (directory: string): string => join(directory, 'self.json');

/** Kept beside the container for what is run in it later, by another agent too. */
export function saveContainerSelf(directory: string, self: ContainerSelf): void {
  writeFileSync(selfFile(directory), JSON.stringify(self));
}

/** Runs a command in the container's view, network and environment, as the container's own user, with a terminal when asked for and possible. */
export function execInContainer(target: Target, command: readonly string[], options: ExecOptions): ExecSession {
  const { can, directory } = target;
  const self = JSON.parse(readFileSync(selfFile(directory), 'utf8')) as ContainerSelf;
  const tty = Boolean(options.tty) && can.pty;
  const env = { ...(tty && { TERM: 'xterm' }), ...self.env };
  const inside = entering(target, { ...self, env }, command);
  // what containers make, others may read, whatever this process's umask is
  const argv = tty
    ? [can.tools.script!, '-qefc', `umask 022; exec ${inside.map(shellQuote).join(' ')}`, '/dev/null']
    : [can.tools.sh, '-c', 'umask 022; exec "$0" "$@"', ...inside];
  const child = spawn(argv[0]!, argv.slice(1), {
    env: carriedEnvironment(env, mark(env)),
    cwd: can.rootView ? '/' : join(directory, 'view'),
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(126));
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
  return {
    exited,
    write: (chunk) => void (child.stdin?.writable && child.stdin.write(chunk)),
    endInput: () => void child.stdin?.end(),
    resize: (columns, rows) => tty && resize(child.pid ?? 0, columns, rows, can),
    onOutput(listener) {
      child.stdout!.on('data', (chunk: Buffer) => listener('stdout', chunk));
      child.stderr!.on('data', (chunk: Buffer) => listener('stderr', chunk));
    },
    pause() {
      child.stdout!.pause();
      child.stderr!.pause();
    },
    resume() {
      child.stdout!.resume();
      child.stderr!.resume();
    },
    kill() {
      if (!child.pid || child.exitCode !== null) return;
      // The terminal's end reaches what runs on it; everything else is in the session that was made for it.
      sendSignal(-child.pid, tty ? 'SIGHUP' : 'SIGKILL');
    },
  };
}

/** By its mark the container's end finds what still runs in it. */
function mark({ [CONTAINER_MARK]: id }: ContainerSelf['env']): Record<string, string> {
  return id === undefined ? {} : { [CONTAINER_MARK]: id };
}

// The shell is the container's: the command is looked up where the container sees it, with its rights.
const RUN = 'exec "$0" "$@"';

function entering({ container, directory, can }: Target, self: ContainerSelf, command: readonly string[]): string[] {
  const { pid } = container;
  const run = `${UNPACK}\n${RUN}`;
  if (!can.tools.nsenter || (!can.rootView && !can.podNetwork)) return [can.tools.sh, '-c', run, ...command];
  const flags = [`--target=${pid}`];
  if (can.rootView && !can.root) flags.push('--user', '--preserve-credentials');
  if (can.podNetwork) flags.push('--net');
  if (can.rootView) flags.push('--mount', '--uts', '--root', `--wd=/proc/${pid}/cwd`);
  const { user, group } = self;
  if (can.rootView && can.root && (user !== undefined || group !== undefined))
    flags.push(`--setgid=${group ?? 0}`, `--setuid=${user ?? 0}`);
  const inside = can.rootView
    ? ['/bin/sh', '-c', run]
    : [can.tools.sh, '-c', `cd "$0" || exit\n${UNPACK}\nexec "$@"`, join(directory, 'view')];
  return [can.tools.nsenter, ...flags, '--', ...inside, ...command];
}

/** Terminals are found through the process that runs on them; the size goes in by stty, which also tells the foreground. */
function resize(scriptPid: number, columns: number, rows: number, can: Capabilities): void {
  if (!can.tools.stty || columns < 1 || rows < 1) return;
  const attempt = (left: number): void => {
    const terminal = terminalBelow(scriptPid);
    if (terminal)
      spawnSync(can.tools.stty!, ['-F', terminal, 'cols', String(columns), 'rows', String(rows)], { stdio: 'ignore' });
    else if (left > 0) setTimeout(() => attempt(left - 1), 20).unref();
  };
  attempt(25);
}

function terminalBelow(pid: number): string | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    const terminal = children[0] ? readlinkSync(`/proc/${children[0]}/fd/0`) : '';
    return terminal.startsWith('/dev/pts/') ? terminal : undefined;
  } catch {
    return undefined;
  }
}
