import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ExecSession,
  PodSandbox,
  PodSandboxSpec,
  RunningContainer,
} from '../../../src/nodes/runtimes/runtime.ts';

type Attempt = Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>;

/** A container that does nothing but what a test says. */
export class FakeContainer implements RunningContainer {
  readonly pid = 1;
  live = true;
  readonly exited: Promise<ContainerExit>;
  private finish: (exit: ContainerExit) => void = () => undefined;

  constructor(
    readonly spec: ContainerSpec,
    readonly id: string,
    private readonly runtime: FakeRuntime,
    readonly startedAt: number,
  ) {
    this.exited = new Promise((resolve) => (this.finish = resolve));
  }

  end(exitCode: number): void {
    if (!this.live) return;
    this.live = false;
    this.finish({ exitCode, finishedAt: this.runtime.now() });
  }
  signal(signal: NodeJS.Signals | number): void {
    this.runtime.journal.push(`${signal} ${this.spec.name}`);
    if (!this.runtime.deaf.has(this.spec.name)) this.end(143);
  }
  kill(): void {
    this.runtime.journal.push(`SIGKILL ${this.spec.name}`);
    this.end(137);
  }
  onOutput(): () => void {
    return () => undefined;
  }
  onEnd(): void {}
  openStdin(): undefined {}
  resize(): void {}
}

/** A runtime whose containers run until a test ends them, and which keeps a journal of what it was told. */
export class FakeRuntime implements ContainerRuntime {
  readonly scheme = 'fake';
  readonly journal: string[] = [];
  /** by name of the container, each attempt in order */
  readonly attempts = new Map<string, FakeContainer[]>();
  /** containers that do not listen to signals */
  readonly deaf = new Set<string>();
  /** runs when a container has started; may end it */
  onStart: (container: FakeContainer) => void = () => undefined;
  /** what a start waits for */
  starting: (spec: ContainerSpec) => Promise<void> = () => Promise.resolve();
  /** the exit code of a command that is run beside a container */
  command: (name: string, command: readonly string[]) => number = () => 0;

  constructor(readonly now: () => number) {}

  startPod(spec: PodSandboxSpec): Promise<PodSandbox> {
    return Promise.resolve({ spec });
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    this.journal.push(`start ${spec.name}`);
    await this.starting(spec);
    const before = this.attempts.get(spec.name) ?? [];
    const id = `${spec.name}-${before.length}`.padEnd(64, '0');
    const container = new FakeContainer(spec, id, this, this.now());
    this.attempts.set(spec.name, [...before, container]);
    this.onStart(container);
    return container;
  }

  /** The attempt that was started last. */
  last(name: string): FakeContainer {
    return this.attempts.get(name)!.at(-1)!;
  }

  /** The attempt of this number, of a container of a pod. */
  find({ pod, name, attempt }: Attempt): FakeContainer | undefined {
    return this.attempts.get(name)?.findLast(({ spec }) => spec.pod.uid === pod.uid && spec.attempt === attempt);
  }

  async adopt(attempt: Attempt): Promise<RunningContainer | undefined> {
    const found = this.find(attempt);
    return found?.live ? found : undefined;
  }
  exitOf(attempt: Attempt): Promise<ContainerExit | undefined> {
    return Promise.resolve(this.find(attempt)?.exited);
  }
  exec(container: RunningContainer, command: readonly string[]): ExecSession {
    const { name } = (container as FakeContainer).spec;
    this.journal.push(`exec ${name} ${command.join(' ')}`);
    const nothing = (): void => undefined;
    return {
      write: () => true,
      onInputDrain: nothing,
      endInput: nothing,
      resize: nothing,
      onOutput: nothing,
      pause: nothing,
      resume: nothing,
      kill: nothing,
      exited: Promise.resolve(this.command(name, command)),
    };
  }
  async removePod(): Promise<void> {
    this.journal.push('remove the pod');
  }
}
