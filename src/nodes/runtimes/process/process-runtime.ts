import { randomBytes } from 'node:crypto';
import { constants, openSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import { removeFolder } from '../../../rules/machine/remove-folder.ts';
import type { LogStore, PodIdentity } from '../../logs/log-store.ts';
import { UnsupportedError } from '../../pods/unsupported.ts';
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
import { readSelf, saveSelf, type ContainerSelf } from './container-self.ts';
import { containerSteps, namespacesOf, type Machine } from './container-steps.ts';
import { hostRoot } from './host-root.ts';
import { foldersAbove, HostSecrets } from './host-secrets.ts';
import { Keeper } from './keeper.ts';
import { Launch, LaunchError } from './launch.ts';
import { LAUNCHER } from './launcher.ts';
import { findHolder, holderSteps, makeDirectory, readProcess, type Holder } from './pod-namespaces.ts';
import { ProcessContainer, readText } from './process-container.ts';
import { execInContainer } from './process-exec.ts';
import { sendSignal, startTicks } from './process-table.ts';
import { filterOf } from './seccomp/filter-of.ts';
import { checkOwnUsers, checkUsers, userBase } from './users.ts';

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/** How often, and at which distance in ms, an attempt that has just ended is asked for its exit code. */
const EXIT_LOOKS = 20;
const EXIT_POLL_MS = 25;
const MAX_FILTERS = 64;

type Attempt = Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>;

export interface ProcessRuntimeOptions {
  /** where pods are: `UID/containers/NAME/ATTEMPT` below it, and `UID/sandbox` */
  root: string;
  /** the agent's folder with all that no container sees; `root` when absent */
  data?: string;
  /** of the node's own seccomp profiles */
  seccomp?: string;
  can: Capabilities;
  /** capabilities that containers can have at all */
  available: readonly string[];
  /** processes and threads of one pod, at most */
  podPids: number;
  logs: LogStore;
  clock: Clock;
}

/**
 * Containers as processes of this machine, in namespaces and a root of their own. Each attempt has a directory with what
 * an agent that is restarted must know; nothing of it is held in memory alone.
 */
export class ProcessRuntime implements ContainerRuntime {
  readonly scheme = 'ku7s';
  private readonly machine: Machine;
  private readonly keeper: Keeper;
  private readonly secrets: HostSecrets;
  /** default filters by what they depend on: most containers have the same */
  private readonly filters = new Map<string, Buffer | undefined>();

  constructor(private readonly options: ProcessRuntimeOptions) {
    const { root, can, available, podPids } = options;
    makeDirectory(root);
    const data = realpathSync(options.data ?? root);
    const { users, layersOnDisk, leastOomScore } = can;
    const host = hostRoot(process.env['PATH'] ?? '');
    const hidden = [{ path: data, folders: foldersAbove(data) }];
    this.machine = { users, host, hidden, data, available, podPids, layersOnDisk, leastOomScore };
    // packages of a store that everybody reads have nothing to hide, and are many
    const looked = host.overlays.map(({ path }) => path).filter((path) => path !== '/nix' && path !== '/gnu');
    this.secrets = new HostSecrets(looked, options.clock);
    // they are known when the first container starts
    void this.secrets.current().catch(() => undefined);
    this.keeper = new Keeper(can.tools.perl ?? 'perl', join(root, '..', 'launcher', 'launcher.pl'), users, LAUNCHER);
  }

  async startPod(spec: PodSandboxSpec): Promise<PodSandbox> {
    const { can, root } = this.options;
    if (!can.rootView) throw new UnsupportedError(`this machine cannot isolate containers: ${can.missing}`);
    const directory = join(root, spec.pod.uid, 'sandbox');
    if (findHolder(directory)) return { spec };
    makeDirectory(directory);
    // of an attempt that failed, or of a holder that somebody ended
    await this.unmount(join(directory, 'shm'));
    const steps = holderSteps(spec, directory, can.users);
    const launch = new Launch(await this.keeper.launcher(), steps, ['ignore', 'ignore', 'ignore']);
    launch.unref();
    await launch.begun;
    return { spec };
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const { users } = this.machine;
    checkUsers(users, spec.security);
    const base = userBase(spec.sandbox.spec, users);
    if (base !== undefined) checkOwnUsers(spec.security);
    const directory = this.directory(spec);
    const filter = this.filter(spec);
    const { hostPID, shareProcessNamespace } = spec.sandbox.spec;
    const self: ContainerSelf = {
      id: randomBytes(32).toString('hex'),
      startedAt: this.options.clock.now(),
      env: spec.env,
      workingDir: spec.workingDir ?? '/',
      security: spec.security,
      ...(filter && { filter: filter.toString('base64') }),
      namespaces: namespacesOf(spec, users),
      procs: spec.cgroup?.procs ?? [],
      ...(base !== undefined && { userBase: base }),
      ownProcesses: !hostPID && !shareProcessNamespace && !spec.target,
      tty: spec.tty,
    };
    const hidden = spec.root.kind === 'host' ? [...this.machine.hidden, ...(await this.secrets.current())] : [];
    const machine = { ...this.machine, hidden };
    const steps = containerSteps(spec, self, directory, await this.holder(spec.sandbox), machine);
    await removeFolder(directory);
    const launcher = await this.keeper.launcher();
    for (const name of ['root', 'layers']) makeDirectory(join(directory, name));
    saveSelf(directory, self);
    const launch = new Launch(launcher, steps, ['ignore', 'ignore', 'ignore']);
    launch.unref();
    await launch.ready;
    const container = this.open(spec, directory, self);
    if (spec.stdin) container.holdStdin(openSync(join(directory, 'stdin'), constants.O_RDWR));
    launch.child.once('exit', (code) => container.ended(code));
    launch.go();
    await launch.begun.catch((error: unknown) => {
      // then its end is told as that of a command that could not be started
      if (!(error instanceof LaunchError)) throw error;
    });
    container.begun();
    return container;
  }

  async adopt(spec: Attempt): Promise<RunningContainer | undefined> {
    const directory = this.directory(spec);
    const [self, found] = [readSelf(directory), readProcess(directory)];
    if (!self || !found || startTicks(found.pid) !== found.ticks) return undefined;
    const container = this.open(spec, directory, self);
    container.adopt(found.ticks);
    return container;
  }

  async exitOf(spec: Attempt): Promise<ContainerExit | undefined> {
    const directory = this.directory(spec);
    if (!readSelf(directory)) return undefined;
    await this.settle(directory);
    const exit = readText(join(directory, 'exit'));
    if (!exit && !readProcess(directory)) return undefined;
    const startError = exit === '128' ? readText(join(directory, 'start-error')) : undefined;
    const finishedAt = exit ? statSync(join(directory, 'exit')).mtimeMs : this.options.clock.now();
    return { exitCode: exit ? Number(exit) : 137, finishedAt, ...(startError && { startError }) };
  }

  /** Waits for the exit code that the launcher is about to write, and ends what is left of the attempt. */
  private async settle(directory: string): Promise<void> {
    const live = (file: string): number | undefined => {
      const found = readProcess(directory, file);
      return found && startTicks(found.pid) === found.ticks ? found.pid : undefined;
    };
    for (let left = EXIT_LOOKS; left > 0 && live('launcher') !== undefined; left--)
      await new Promise((resolve) => setTimeout(resolve, EXIT_POLL_MS));
    for (const file of ['launcher', 'pid']) {
      const pid = live(file);
      if (pid !== undefined) sendSignal(pid, 'SIGKILL');
    }
  }

  exec(container: RunningContainer, command: readonly string[], options: ExecOptions = {}): ExecSession {
    const { directory } = container as ProcessContainer;
    return execInContainer(this.keeper.launcher(), directory, command, options, this.machine);
  }

  async stopPod({ uid }: PodIdentity): Promise<void> {
    const directory = join(this.options.root, uid, 'sandbox');
    const holder = findHolder(directory);
    if (holder) sendSignal(holder.pid, 'SIGKILL');
    await this.unmount(join(directory, 'shm'));
    await removeFolder(directory);
  }

  async removePod(pod: PodIdentity): Promise<void> {
    await this.stopPod(pod);
    await removeFolder(join(this.options.root, pod.uid, 'containers'));
  }

  /** Where the pod's /dev/shm is a mount of the host's, it outlives the process that made it. */
  private async unmount(path: string): Promise<void> {
    const [own, above] = [statOf(path), statOf(join(path, '..'))];
    if (!own || own.dev === above?.dev) return;
    const launch = new Launch(
      await this.keeper.launcher(),
      [['unmount', path], ['done']],
      ['ignore', 'ignore', 'ignore'],
    );
    await launch.begun;
  }

  private directory({ pod, name, attempt }: Attempt): string {
    return join(this.options.root, pod.uid, 'containers', name, String(attempt));
  }

  private open(spec: Attempt, directory: string, self: ContainerSelf): ProcessContainer {
    const writer = this.options.logs.writer(spec.pod, spec.name, spec.attempt);
    return new ProcessContainer(self, directory, this.options.clock, writer);
  }

  private filter({ security }: ContainerSpec): Buffer | undefined {
    const folder = this.options.seccomp ?? join(this.options.root, '..', 'seccomp');
    const { seccomp, privileged, capabilities } = security;
    if (seccomp.type === 'Localhost') return filterOf(security, folder);
    const key = `${seccomp.type} ${privileged} ${capabilities.bounding.join(' ')}`;
    if (!this.filters.has(key)) {
      if (this.filters.size >= MAX_FILTERS) this.filters.clear();
      this.filters.set(key, filterOf(security, folder));
    }
    return this.filters.get(key);
  }

  /** The process that holds the pod's namespaces, made anew where somebody has ended it. */
  private async holder({ spec }: PodSandbox): Promise<Holder> {
    const directory = join(this.options.root, spec.pod.uid, 'sandbox');
    if (!findHolder(directory)) await this.startPod(spec);
    const holder = findHolder(directory);
    if (!holder) throw new Error("the process that holds the pod's namespaces is gone");
    return holder;
  }
}
