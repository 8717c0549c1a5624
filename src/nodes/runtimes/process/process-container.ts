import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Socket } from 'node:net';
import { EventEmitter } from 'node:events';
import type { Clock } from '../../../rules/clock.ts';
import type { LogWriter } from '../../logs/log-writer.ts';
import type { ContainerExit, RunningContainer } from '../runtime.ts';
import { holdMounts, processesOf, sendSignal, startTicks, type HeldMounts } from './process-table.ts';

/** How often an adopted container, whose exit nobody reports, is looked at. */
const ADOPTED_POLL_MS = 500;
/** Looks for processes of a container that is over: some may be made while others end. */
const MAX_SWEEPS = 20;

/**
 * A started container. Its output comes through two FIFOs that it holds open itself, so it lives on, and loses
 * nothing that fits the pipes, while the agent is restarted.
 */
export class ProcessContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>;
  private readonly output = new EventEmitter().setMaxListeners(64);
  private readonly readers: Socket[] = [];
  private finish!: (exit: ContainerExit) => void;
  private over = false;
  private ticks: string | undefined;
  private stdinFd = -1;
  private mounts: HeldMounts | undefined;

  constructor(
    readonly id: string,
    readonly directory: string,
    readonly startedAt: number,
    private readonly clock: Clock,
    private readonly log: LogWriter,
  ) {
    this.exited = new Promise((resolve) => (this.finish = resolve));
    this.readFrom('stdout');
    this.readFrom('stderr');
  }

  /** The container's own process on the host; 0 until it has begun. */
  get pid(): number {
    const text = readText(join(this.directory, 'pid'));
    return text ? Number(text) : 0;
  }

  get live(): boolean {
    return !this.over;
  }

  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): () => void {
    this.output.on('data', listener);
    return () => this.output.off('data', listener);
  }

  /** A writer to the container's stdin; undefined when it has none. Closing it closes the container's stdin only if `last`. */
  openStdin(): { write(chunk: Buffer): void; end(last: boolean): void } | undefined {
    const fifo = join(this.directory, 'stdin');
    if (!existsSync(fifo)) return undefined;
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => socket.destroy());
    return {
      write: (chunk) => void (socket.writable && socket.write(chunk)),
      end: (last) => {
        socket.end();
        if (last) this.closeStdin();
      },
    };
  }

  resize(): void {}

  /** Keeps the FIFO open for writing, so that the container sees no end before a client said so. */
  holdStdin(fd: number): void {
    this.stdinFd = fd;
  }

  /** The outer script ended (told by its parent), or an adopted one is gone. */
  ended(outerCode: number | null): void {
    if (this.over) return;
    this.over = true;
    this.closeStdin();
    const recorded = readText(join(this.directory, 'exit'));
    const code = recorded ? Number(recorded) : (outerCode ?? 137);
    this.sweep();
    this.drained(() => {
      const startError = code === 128 ? readText(join(this.directory, 'start-error')) : undefined;
      this.log.close();
      rmSync(join(this.directory, 'layers'), { recursive: true, force: true });
      this.output.emit('end');
      this.finish({ exitCode: code, finishedAt: this.clock.now(), ...(startError && { startError }) });
    });
  }

  /** The process runs: from now on its mounts tell what else belongs to it. */
  begun(): void {
    if (this.live) this.mounts = holdMounts(this.pid);
  }

  onEnd(listener: () => void): void {
    if (this.over) listener();
    else this.output.once('end', listener);
  }

  /** Watches a process that this agent did not start. */
  adopt(ticks: string): void {
    this.ticks = ticks;
    this.begun();
    const look = (): void => {
      if (this.over) return;
      const pid = this.pid;
      if (startTicks(pid) === this.ticks) this.clock.setTimeout(look, ADOPTED_POLL_MS);
      // The outer script writes the exit code just after the process is gone.
      else this.clock.setTimeout(() => this.ended(null), ADOPTED_POLL_MS / 5);
    };
    look();
  }

  signal(signal: NodeJS.Signals | number): void {
    if (this.over) return;
    const pid = this.pid;
    if (pid) sendSignal(pid, signal);
  }

  kill(): void {
    if (this.over) return;
    const pid = this.pid;
    const outer = Number(readText(join(this.directory, 'outer')) ?? 0);
    for (const each of processesOf(this.id, this.mounts?.name)) if (each !== outer) sendSignal(each, 'SIGKILL');
    if (pid) sendSignal(pid, 'SIGKILL');
    else if (outer) sendSignal(outer, 'SIGKILL');
  }

  private sweep(): void {
    for (let left = MAX_SWEEPS; left > 0; left--) {
      const found = processesOf(this.id, this.mounts?.name);
      for (const pid of found) sendSignal(pid, 'SIGKILL');
      if (!found.length) break;
    }
    this.mounts?.release();
    this.mounts = undefined;
  }

  private readFrom(stream: 'stdout' | 'stderr'): void {
    const fd = openSync(join(this.directory, stream), constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('data', (chunk: Buffer) => {
      this.log.write(stream, chunk);
      this.output.emit('data', stream, chunk);
    });
    socket.on('error', () => socket.destroy());
    this.readers.push(socket);
  }

  /** What is still in the pipes is read; then they are closed. A turn of the loop without data means that they are empty. */
  private drained(done: () => void): void {
    let quiet = 0;
    const heard = (): void => void (quiet = 0);
    for (const reader of this.readers) reader.on('data', heard);
    const look = (): void => {
      if (++quiet < 4) return void setImmediate(look);
      for (const reader of this.readers) reader.destroy();
      done();
    };
    setImmediate(look);
  }

  private closeStdin(): void {
    if (this.stdinFd >= 0) closeSync(this.stdinFd);
    this.stdinFd = -1;
  }
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

export function writeText(path: string, text: string): void {
  writeFileSync(path, text);
}
