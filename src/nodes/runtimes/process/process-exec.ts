import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecOptions, ExecSession } from '../runtime.ts';
import type { Capabilities } from './capabilities.ts';
import type { ProcessContainer } from './process-container.ts';
import { sendSignal } from './process-table.ts';
import { shellQuote } from './root-view.ts';

interface Target {
  container: ProcessContainer;
  directory: string;
  can: Capabilities;
}

/** Runs a command in the container's view, network and environment, with a terminal when asked for and possible. */
export function execInContainer(target: Target, command: readonly string[], options: ExecOptions): ExecSession {
  const { can, directory } = target;
  const env = JSON.parse(readFileSync(join(directory, 'env.json'), 'utf8')) as Record<string, string>;
  const inside = entering(target, command);
  const tty = Boolean(options.tty) && can.pty;
  if (tty) env['TERM'] ??= 'xterm';
  // what containers make, others may read, whatever this process's umask is
  const argv = tty
    ? [can.tools.script!, '-qefc', `umask 022; exec ${inside.map(shellQuote).join(' ')}`, '/dev/null']
    : [can.tools.sh, '-c', 'umask 022; exec "$0" "$@"', ...inside];
  const child = spawn(argv[0]!, argv.slice(1), {
    env,
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

function entering({ container, directory, can }: Target, command: readonly string[]): string[] {
  const { pid } = container;
  if (!can.tools.nsenter || (!can.rootView && !can.podNetwork)) return [...command];
  const flags = [`--target=${pid}`];
  if (can.rootView && !can.root) flags.push('--user', '--preserve-credentials');
  if (can.podNetwork) flags.push('--net');
  if (can.rootView) flags.push('--mount', '--uts', '--root', `--wd=/proc/${pid}/cwd`);
  const cd = can.rootView ? [] : [can.tools.sh, '-c', 'cd "$0" && exec "$@"', join(directory, 'view')];
  return [can.tools.nsenter, ...flags, '--', ...cd, ...command];
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
