import { watch, type FSWatcher } from 'node:fs';
import { EventEmitter } from 'node:events';
import { sendSignal } from '../process/process-table.ts';
import type { ContainerExit, ContainerInput, RunningContainer } from '../runtime.ts';
import type { CommandStreams } from './cri-streams.ts';
import { sizeText } from './cri-exec.ts';

type Stream = 'stdout' | 'stderr';

/** What a container asks of its runtime. */
export interface ContainerParts {
  id: string;
  startedAt: number;
  /** on the host; 0 where it has ended */
  pid: number;
  stdin: boolean;
  logFile: string;
  /** its own streams, with its stdin where it has one */
  attach(): Promise<CommandStreams>;
  /** SIGKILL */
  kill(): void;
  /** the log has grown */
  logged(): void;
}

/** A container of containerd. Its output goes into its log there; whoever wants to see it live is attached to it. */
export class CriContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>;
  private finish!: (exit: ContainerExit) => void;
  private over = false;
  private readonly output = new EventEmitter().setMaxListeners(64);
  private attached: Promise<CommandStreams> | undefined;
  private watcher: FSWatcher | undefined;

  constructor(private readonly parts: ContainerParts) {
    this.exited = new Promise((resolve) => (this.finish = resolve));
    try {
      this.watcher = watch(parts.logFile, () => parts.logged());
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      // it is read all the same, by those who ask again
    }
  }

  get id(): string {
    return this.parts.id;
  }
  get startedAt(): number {
    return this.parts.startedAt;
  }
  get pid(): number {
    return this.parts.pid;
  }
  get live(): boolean {
    return !this.over;
  }

  /** Told by the runtime, which looks. */
  ended(exit: ContainerExit): void {
    if (this.over) return;
    this.over = true;
    this.watcher?.close();
    this.parts.logged();
    void this.attached?.then(
      (streams) => streams.close(),
      () => undefined,
    );
    this.output.emit('end');
    this.finish(exit);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.over && this.pid) sendSignal(this.pid, signal);
  }
  kill(): void {
    if (!this.over) this.parts.kill();
  }

  onOutput(listener: (stream: Stream, chunk: Buffer) => void): () => void {
    this.output.on('data', listener);
    void this.streams().catch(() => undefined);
    return () => this.output.off('data', listener);
  }
  onEnd(listener: () => void): void {
    if (this.over) listener();
    else this.output.once('end', listener);
  }
  openStdin(): ContainerInput | undefined {
    if (!this.parts.stdin) return undefined;
    let isFull = false;
    const then = (act: (streams: CommandStreams) => void): void => void this.streams().then(act, () => undefined);
    return {
      write: (chunk) => {
        then(({ stdin }) => (isFull = stdin?.write(chunk) === false));
        return !isFull;
      },
      onDrain: (listener) =>
        then(({ stdin }) =>
          stdin?.on('drain', () => {
            isFull = false;
            listener();
          }),
        ),
      end: (last) => last && then(({ stdin }) => stdin?.end()),
    };
  }
  resize(columns: number, rows: number): void {
    void this.attached?.then(
      ({ resize }) => resize?.write(sizeText(columns, rows)),
      () => undefined,
    );
  }

  /** One connection for all who are attached. */
  private streams(): Promise<CommandStreams> {
    return (this.attached ??= this.attach());
  }

  private async attach(): Promise<CommandStreams> {
    try {
      const streams = await this.parts.attach();
      streams.stdout.listen((chunk) => this.output.emit('data', 'stdout', chunk), noop);
      streams.stderr?.listen((chunk) => this.output.emit('data', 'stderr', chunk), noop);
      streams.error.listen(noop, noop);
      streams.onClose(() => (this.attached = undefined));
      return streams;
    } catch (error) {
      // who comes next tries anew
      this.attached = undefined;
      throw error;
    }
  }
}

const noop = (): void => undefined;
