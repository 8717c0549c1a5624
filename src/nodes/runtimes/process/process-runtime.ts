import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, mkdirSync, openSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import type { LogStore, PodIdentity } from '../../logs/log-store.ts';
import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ExecOptions,
  ExecSession,
  PodSandbox,
  PodSandboxSpec,
  RunningContainer,
} from '../runtime.ts';
import type { Capabilities } from './capabilities.ts';
import { carriedEnvironment } from './carried-environment.ts';
import { innerScript, outerScript, type LaunchPlan } from './launch-script.ts';
import { ProcessContainer, readText, writeText } from './process-container.ts';
import { execInContainer, saveContainerSelf } from './process-exec.ts';
import { CONTAINER_MARK, processesOf, sendSignal, startTicks } from './process-table.ts';
import { shellQuote } from './root-view.ts';

type Attempt = Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>;

/** How long a container's process may take to begin before the start counts as failed. */
const START_TIMEOUT_MS = 30_000;
const START_POLL_MS = 5;
/** How often, and at which distance in ms, an attempt that has just ended is asked for its exit code. */
const EXIT_LOOKS = 20;
const EXIT_POLL_MS = 25;

/**
 * Containers as host processes. Each attempt has a directory with what an agent that is restarted must know; nothing
 * of it is held in memory alone.
 */
export class ProcessRuntime implements ContainerRuntime {
  readonly scheme = 'ku7s';

  constructor(
    private readonly root: string,
    private readonly can: Capabilities,
    private readonly logs: LogStore,
    private readonly clock: Clock,
    /** folders of the host that no container sees */
    private readonly hidden: readonly string[] = [],
  ) {}

  startPod(spec: PodSandboxSpec): Promise<PodSandbox> {
    return Promise.resolve({ spec });
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const directory = this.directory(spec);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const id = randomBytes(32).toString('hex');
    const fifos = ['stdout', 'stderr', ...(spec.stdin ? ['stdin'] : [])].map((name) => join(directory, name));
    const made = spawnSync('mkfifo', ['-m', '600', ...fifos], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (made.status !== 0)
      throw new Error(`making the container's pipes: ${made.stderr?.toString().trim() ?? made.error}`);

    const plan = this.plan(spec, directory, id);
    writeText(join(directory, 'outer.sh'), outerScript(plan, this.can));
    writeText(join(directory, 'inner.sh'), innerScript(plan, this.can));
    writeText(join(directory, 'id'), id);
    const container = this.open(spec, directory, id, this.clock.now());
    const child = this.spawn(spec, plan, id, container);
    child.once('exit', (code) => container.ended(code));
    child.once('error', () => container.ended(128));
    writeText(join(directory, 'outer'), String(child.pid ?? 0));
    child.unref();
    await this.begun(container, directory);
    return container;
  }

  async adopt(spec: Attempt): Promise<RunningContainer | undefined> {
    const directory = this.directory(spec);
    const id = readText(join(directory, 'id'));
    const pid = Number(readText(join(directory, 'pid')) ?? 0);
    if (!id || !pid) return undefined;
    const now = startTicks(pid);
    const then = readText(join(directory, 'ticks'));
    // An agent that ended before it wrote them down leaves the mark as the only sign.
    if (now === undefined || (then === undefined ? !processesOf(id).includes(pid) : then !== now)) return undefined;
    if (then === undefined) writeText(join(directory, 'ticks'), now);
    const container = this.open(spec, directory, id, statSync(join(directory, 'id')).mtimeMs);
    container.adopt(now);
    return container;
  }

  async exitOf(spec: Attempt): Promise<ContainerExit | undefined> {
    const directory = this.directory(spec);
    const id = readText(join(directory, 'id'));
    if (!id) return undefined;
    const exit = (): string | undefined => readText(join(directory, 'exit'));
    const began = readText(join(directory, 'pid')) !== undefined;
    // The outer script writes the exit code just after the process is gone.
    for (let left = EXIT_LOOKS; began && left > 0 && !exit() && processesOf(id).length; left--)
      await new Promise((resolve) => setTimeout(resolve, EXIT_POLL_MS));
    for (const each of processesOf(id)) sendSignal(each, 'SIGKILL');
    if (!began && !exit()) return undefined;
    const code = exit();
    const finishedAt = code ? statSync(join(directory, 'exit')).mtimeMs : this.clock.now();
    return { exitCode: code ? Number(code) : 137, finishedAt };
  }

  exec(container: RunningContainer, command: readonly string[], options: ExecOptions = {}): ExecSession {
    const { directory } = container as ProcessContainer;
    return execInContainer({ container: container as ProcessContainer, directory, can: this.can }, command, options);
  }

  async removePod(pod: PodIdentity): Promise<void> {
    rmSync(join(this.root, pod.uid, 'containers'), { recursive: true, force: true });
  }

  private directory(spec: Attempt): string {
    return join(this.root, spec.pod.uid, 'containers', spec.name, String(spec.attempt));
  }

  private open(spec: Attempt, directory: string, id: string, startedAt: number): ProcessContainer {
    const writer = this.logs.writer(spec.pod, spec.name, spec.attempt);
    return new ProcessContainer(id, directory, startedAt, this.clock, writer);
  }

  private plan(spec: ContainerSpec, directory: string, id: string): LaunchPlan {
    const view = join(directory, 'view');
    const { rootView, root } = this.can;
    if (!rootView) linkMounts(view, spec.mounts);
    if (!rootView && root && spec.security.user)
      throw new Error(
        `this machine cannot run a container as user ${spec.security.user}: it lacks unshare, nsenter or chroot`,
      );
    const env = { ...spec.env, [CONTAINER_MARK]: id, ...(!rootView && { KU7S_ROOT: view }) };
    return {
      env,
      directory,
      hostname: spec.sandbox.spec.hostname,
      workingDir: spec.workingDir ?? (this.can.rootView ? '/' : view),
      mounts: spec.mounts,
      hidden: this.hidden,
      netns: spec.sandbox.spec.netns,
      user: spec.security.user || undefined,
      group: spec.security.group || undefined,
    };
  }

  private spawn(spec: ContainerSpec, plan: LaunchPlan, id: string, container: ProcessContainer) {
    const { directory, env: own, user, group } = plan;
    const pipe = (name: string): number => openSync(join(directory, name), constants.O_RDWR);
    // Without TTY the end of stdin must reach the process, so its end of the FIFO is for reading alone.
    const held = spec.stdin ? openSync(join(directory, 'stdin'), constants.O_RDWR) : -1;
    const stdin = spec.stdin ? openSync(join(directory, 'stdin'), constants.O_RDONLY) : 'ignore';
    const stdio = [stdin, pipe('stdout'), pipe('stderr')] as const;
    saveContainerSelf(directory, { env: own, user, group });
    const env = carriedEnvironment(own, { [CONTAINER_MARK]: id });
    const outer = [this.can.tools.sh, join(directory, 'outer.sh'), ...spec.command];
    const command =
      spec.tty && this.can.pty
        ? [this.can.tools.script!, '-qefc', outer.map(shellQuote).join(' '), '/dev/null']
        : outer;
    const child = spawn(command[0]!, command.slice(1), { detached: true, stdio: [...stdio], env, cwd: directory });
    for (const fd of stdio) if (typeof fd === 'number') closeSync(fd);
    if (held >= 0) container.holdStdin(held);
    return child;
  }

  /** Resolves once the process id is known, or the container has ended before. */
  private async begun(container: ProcessContainer, directory: string): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (container.live && !container.pid) {
      if (Date.now() > deadline) {
        container.kill();
        throw new Error(`the container's process did not begin within ${START_TIMEOUT_MS / 1000}s`);
      }
      await new Promise((resolve) => setTimeout(resolve, START_POLL_MS));
    }
    container.begun();
    const ticks = startTicks(container.pid);
    if (ticks) writeText(join(directory, 'ticks'), ticks);
  }
}

/** Where there is no view of its own, a container finds its mounts below KU7S_ROOT, as links. */
function linkMounts(view: string, mounts: ContainerSpec['mounts']): void {
  mkdirSync(view, { recursive: true });
  for (const mount of [...mounts].sort((a, b) => a.target.length - b.target.length)) {
    const link = join(view, mount.target);
    try {
      mkdirSync(dirname(link), { recursive: true });
      const source = join(mount.source, join('/', mount.subPath ?? ''));
      if (mount.subPath && !existsSync(source)) mkdirSync(source, { recursive: true });
      symlinkSync(source, link);
    } catch {
      // A mount inside another mount would write into its source.
      continue;
    }
  }
}
