import type { BindMount } from './process/root-view.ts';
import type { PodIdentity } from '../logs/log-store.ts';

/** A container, with everything resolved, ready to start. */
export interface ContainerSpec {
  pod: PodIdentity;
  name: string;
  attempt: number;
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  workingDir?: string | undefined;
  mounts: readonly BindMount[];
  hostname: string;
  netns?: string | undefined;
  stdin: boolean;
  tty: boolean;
  user?: number;
  group?: number;
}

export interface ContainerExit {
  exitCode: number;
  /** ms since the epoch */
  finishedAt: number;
  /** the command could not be started, and why */
  startError?: string;
}

export interface RunningContainer {
  /** hex, 64 digits, as CRI runtimes name containers */
  readonly id: string;
  readonly startedAt: number;
  readonly pid: number;
  readonly live: boolean;
  readonly exited: Promise<ContainerExit>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to every process of the container */
  kill(): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): () => void;
  onEnd(listener: () => void): void;
  openStdin(): { write(chunk: Buffer): void; end(last: boolean): void } | undefined;
}

/** A command that runs beside a container's own, in the same view and network. */
export interface ExecSession {
  write(chunk: Buffer): void;
  endInput(): void;
  resize(columns: number, rows: number): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): void;
  /** back-pressure: stops and resumes both outputs */
  pause(): void;
  resume(): void;
  kill(): void;
  readonly exited: Promise<number>;
}

export interface ExecOptions {
  tty?: boolean;
  stdin?: boolean;
}

/** What a pod worker asks of a runtime. */
export interface ContainerRuntime {
  /** `containerd://` and the like */
  readonly scheme: string;
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** A container that an earlier run of the agent started and that still runs. */
  adopt(spec: Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>): RunningContainer | undefined;
  /** How an earlier attempt ended while no agent looked; undefined when it never ran. */
  exitOf(spec: Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>): ContainerExit | undefined;
  exec(container: RunningContainer, command: readonly string[], options?: ExecOptions): ExecSession;
  /** Removes what the pod's containers left; none of them may run. */
  removePod(pod: PodIdentity): Promise<void>;
}
