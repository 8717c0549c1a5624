import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Socket } from 'node:net';
import { EventEmitter } from 'node:events';
import type { Clock } from '../../../rules/clock.ts';
import { removeFolder } from '../../../rules/machine/remove-folder.ts';
import type { LogWriter } from '../../logs/log-writer.ts';
import type { ContainerExit, ContainerInput, RunningContainer } from '../runtime.ts';
import type { ContainerSelf } from './container-self.ts';
import { readProcess } from './pod-namespaces.ts';
import { holdMounts, processesAmong, sendSignal, startTicks, type HeldMounts } from './process-table.ts';

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
    readonly self: ContainerSelf,
    readonly directory: string,
    private readonly clock: Clock,
    private readonly log: LogWriter,
  ) {
    this.exited = new Promise((resolve) => (this.finish = resolve));
    this.readFrom('stdout');
    this.readFrom('stderr');
  }

  get id(): string {
    return this.self.id;
  }

  get startedAt(): number {
    return this.self.startedAt;
  }

  /** The container's own process on the host; 0 until it has begun. */
  get pid(): number {
    return readProcess(this.directory)?.pid ?? 0;
  }

  get live(): boolean {
    return !this.over;
  }

  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): () => void {
    this.output.on('data', listener);
    return () => this.output.off('data', listener);
  }

  /** A writer to the container's stdin; undefined when it has none. Closing it closes the container's stdin only if `last`. */
  openStdin(): ContainerInput | undefined {
    const fifo = join(this.directory, 'stdin');
    if (!existsSync(fifo)) return undefined;
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => socket.destroy());
    return {
      write: (chunk) => !socket.writable || socket.write(chunk),
      onDrain: (listener) => void socket.on('drain', listener).on('close', listener),
      end: (last) => {
        socket.end();
        if (last) this.closeStdin();
      },
    };
  }

  resize(columns: number, rows: number): void {
    if (!this.self.tty || this.over || columns < 1 || rows < 1) return;
    try {
      const control = openSync(join(this.directory, 'control'), constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(control, `${rows} ${columns}\n`);
      closeSync(control);
    } catch {
      // it is gone, and with it its terminal
    }
  }

  /** Keeps the FIFO open for writing, so that the container sees no end before a client said so. */
  holdStdin(fd: number): void {
    this.stdinFd = fd;
  }

  /** The launcher that stayed outside has ended, which is told by its parent, or an adopted container is gone. */
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
      removeFolder(join(this.directory, 'layers')).catch(() => undefined);
      this.output.emit('end');
      this.finish({ exitCode: code, finishedAt: this.clock.now(), ...(startError && { startError }) });
    });
  }

  /** The process runs: from now on its mounts tell what else belongs to it. */
  begun(): void {
    if (this.live && !this.self.ownProcesses) this.mounts = holdMounts(this.pid);
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
      // The launcher writes the exit code just after the process is gone.
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
    if (this.mounts) for (const each of processesAmong(this.mounts.name)) sendSignal(each, 'SIGKILL');
    if (pid) sendSignal(pid, 'SIGKILL');
  }

  /** Of what shares PIDs with others: the end of its first process is not the end of all. */
  private sweep(): void {
    for (let left = MAX_SWEEPS; left > 0 && this.mounts; left--) {
      const found = processesAmong(this.mounts.name);
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
