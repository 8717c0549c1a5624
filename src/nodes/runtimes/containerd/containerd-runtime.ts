import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import { GrpcError } from '../../../rules/grpc/grpc-client.ts';
import type { CgroupLimits } from '../../cgroups/contract.ts';
import type { LogStore, PodIdentity } from '../../logs/log-store.ts';
import { MAX_BYTES, shiftLogs } from '../../logs/shift-logs.ts';
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
import { containerConfig, LABELS, mountOf, resources, sandboxConfig } from './container-config.ts';
import type { ContainerdDaemon } from './containerd-daemon.ts';
import { CriContainer } from './cri-container.ts';
import { isNotFound } from './cri-client.ts';
import { execSession } from './cri-exec.ts';
import type { ContainerStatus, ListedContainer, Mount, SandboxConfig } from './cri-messages.ts';
import { openStreams } from './cri-streams.ts';
import { mountSubPath } from './sub-path.ts';

type Attempt = Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>;
type Begun = Attempt & Pick<ContainerSpec, 'stdin' | 'tty'>;

/** How often the runtime is asked who has ended while somebody runs, ms. */
const LOOK_MS = 300;
/** Looks between two at the sizes of logs. */
const LOOKS_PER_ROTATION = 30;

export interface ContainerdOptions {
  daemon: ContainerdDaemon;
  podsDir: string;
  logs: LogStore;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  /** of the profiles that pods name */
  seccompDir: string;
}

const keyOf = ({ pod, name, attempt }: Attempt): string => `${pod.uid}/${name}/${attempt}`;
const keyOfListed = ({ labels, metadata }: ListedContainer): string =>
  `${labels[LABELS.uid]}/${metadata.name}/${metadata.attempt}`;
const MS = 1e6;

/** Containers of containerd, by CRI. What it knows is asked of it, and outlives this process. */
export class ContainerdRuntime implements ContainerRuntime {
  readonly scheme = 'containerd';
  private readonly live = new Map<string, { container: CriContainer; logFile: string }>();
  private timer: unknown;
  private looks = 0;
  private stopped = false;

  constructor(private readonly options: ContainerdOptions) {}

  async startPod(spec: PodSandboxSpec): Promise<PodSandbox> {
    const { daemon, logs } = this.options;
    const config = sandboxConfig(spec, logs.directory(spec.pod));
    const known = await this.sandboxOf(spec.pod.uid);
    if (known?.ready) return new CriSandbox(spec, known.id, config);
    if (known) await this.removeSandbox(known.id);
    mkdirSync(config.log_directory, { recursive: true });
    if (spec.netns) daemon.cni.prepare(spec.pod.uid, spec.netns, spec.address);
    const { pod_sandbox_id } = await daemon.cri.call('RuntimeService/RunPodSandbox', { config });
    return new CriSandbox(spec, pod_sandbox_id, config);
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const { cri } = this.options.daemon;
    const { id: pod_sandbox_id, config: sandbox_config } = spec.sandbox as CriSandbox;
    // one that an earlier run only made
    const left = (await this.list()).find((each) => keyOfListed(each) === keyOf(spec));
    if (left) await this.removeContainer(left.id);
    mkdirSync(dirname(this.logFile(spec)), { recursive: true });
    const config = containerConfig(spec, await this.mounts(spec), this.options.seccompDir);
    const { container_id } = await cri.call('RuntimeService/CreateContainer', {
      pod_sandbox_id,
      config,
      sandbox_config,
    });
    try {
      await cri.call('RuntimeService/StartContainer', { container_id });
    } catch (error) {
      const { status } = await this.status(container_id);
      if (status.state !== 'CONTAINER_EXITED' || !(error instanceof GrpcError)) throw error;
      const container = this.wrap(spec, status, 0);
      container.ended({ exitCode: 128, finishedAt: this.options.clock.now(), startError: error.message });
      return container;
    }
    const { status, pid } = await this.status(container_id);
    return this.watched(spec, status, pid);
  }

  async adopt(spec: Attempt): Promise<RunningContainer | undefined> {
    const listed = await this.find(spec);
    if (listed?.state !== 'CONTAINER_RUNNING') return undefined;
    const { status, pid } = await this.status(listed.id);
    if (status.state !== 'CONTAINER_RUNNING') return undefined;
    const [stdin, tty] = [LABELS.stdin, LABELS.tty].map((label) => listed.labels[label] === 'true');
    return this.watched({ ...spec, stdin: stdin!, tty: tty! }, status, pid);
  }

  async exitOf(spec: Attempt): Promise<ContainerExit | undefined> {
    const listed = await this.find(spec);
    if (!listed) return undefined;
    if (listed.state === 'CONTAINER_EXITED') return exitOf((await this.status(listed.id)).status);
    await this.removeContainer(listed.id);
    return undefined;
  }

  exec(container: RunningContainer, command: readonly string[], options: ExecOptions = {}): ExecSession {
    const { tty = false, stdin = false } = options;
    const { cri } = this.options.daemon;
    const wanted = { tty, stdin, stdout: true, stderr: !tty };
    const open = cri
      .call('RuntimeService/Exec', { container_id: container.id, cmd: command, ...wanted })
      .then(({ url }) => openStreams(url, { stdin, tty }));
    return execSession(open, options);
  }

  async update(container: RunningContainer, limits: CgroupLimits): Promise<void> {
    const { cri } = this.options.daemon;
    await cri.call('RuntimeService/UpdateContainerResources', { container_id: container.id, linux: resources(limits) });
  }

  async removePod({ uid }: PodIdentity): Promise<void> {
    const sandbox = await this.sandboxOf(uid);
    if (sandbox) await this.removeSandbox(sandbox.id);
    this.options.daemon.cni.forget(uid);
  }

  /** @param kill whether the pods' namespaces end, in which nothing runs any more */
  async stop(kill: boolean): Promise<void> {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
    if (!kill) return;
    const { cri } = this.options.daemon;
    const { items } = await cri.call('RuntimeService/ListPodSandbox', {});
    await Promise.all(
      items.map(({ id }) => cri.call('RuntimeService/StopPodSandbox', { pod_sandbox_id: id }).catch(unlessGone)),
    );
  }

  private logFile({ pod, name, attempt }: Attempt): string {
    return this.options.logs.path(pod, name, attempt);
  }

  private async mounts(spec: ContainerSpec): Promise<Mount[]> {
    const places = join(this.options.podsDir, spec.pod.uid, 'subpaths', spec.name, String(spec.attempt));
    const all: Mount[] = [];
    for (const [i, mount] of spec.mounts.entries()) {
      if (mount.device) continue;
      const source = mount.subPath
        ? await mountSubPath(mount.source, mount.subPath, join(places, String(i)))
        : mount.source;
      all.push(mountOf(mount, source));
    }
    return all;
  }

  private async list(): Promise<ListedContainer[]> {
    return (await this.options.daemon.cri.call('RuntimeService/ListContainers', {})).containers;
  }
  private async find(spec: Attempt): Promise<ListedContainer | undefined> {
    return (await this.list()).find((each) => keyOfListed(each) === keyOf(spec));
  }

  private async status(container_id: string): Promise<{ status: ContainerStatus; pid: number }> {
    const { cri } = this.options.daemon;
    const { status, info } = await cri.call('RuntimeService/ContainerStatus', { container_id, verbose: true });
    const { pid = 0 } = JSON.parse(info['info'] || '{}') as { pid?: number };
    return { status, pid };
  }

  private wrap(spec: Begun, status: ContainerStatus, pid: number): CriContainer {
    const { daemon, logs } = this.options;
    const logFile = this.logFile(spec);
    const { stdin, tty } = spec;
    return new CriContainer({
      id: status.id,
      startedAt: status.started_at / MS,
      pid,
      stdin,
      logFile,
      attach: async () => {
        const wanted = { stdin, tty, stdout: true, stderr: !tty };
        const { url } = await daemon.cri.call('RuntimeService/Attach', { container_id: status.id, ...wanted });
        return openStreams(url, { stdin, tty });
      },
      kill: () =>
        void daemon.cri
          .call('RuntimeService/StopContainer', { container_id: status.id, timeout: 0 })
          .catch((error: unknown) => this.options.log('a container could not be killed', { error: String(error) })),
      logged: () => logs.grown(logFile),
    });
  }

  private watched(spec: Begun, status: ContainerStatus, pid: number): CriContainer {
    const container = this.wrap(spec, status, pid);
    this.live.set(status.id, { container, logFile: this.logFile(spec) });
    void container.exited.then(() => this.live.delete(status.id));
    this.lookSoon();
    return container;
  }

  /** CRI of this version tells of nothing by itself. */
  private lookSoon(): void {
    if (this.stopped) return;
    this.timer ??= this.options.clock.setTimeout(() => {
      void this.look()
        .catch((error: unknown) => this.options.log('containerd does not answer', { error: String(error) }))
        .finally(() => {
          this.timer = undefined;
          if (this.live.size) this.lookSoon();
        });
    }, LOOK_MS);
  }

  private async look(): Promise<void> {
    const watched = [...this.live.keys()];
    const states = new Map((await this.list()).map(({ id, state }) => [id, state]));
    for (const id of watched) {
      const entry = this.live.get(id);
      if (!entry || states.get(id) === 'CONTAINER_RUNNING') continue;
      entry.container.ended(await this.endOf(id));
    }
    if (++this.looks % LOOKS_PER_ROTATION === 0) await this.rotate();
  }

  private async endOf(id: string): Promise<ContainerExit> {
    try {
      return exitOf((await this.status(id)).status);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return { exitCode: 137, finishedAt: this.options.clock.now() };
    }
  }

  /** containerd goes on with the file that it has open, until it is told that there is another. */
  private async rotate(): Promise<void> {
    for (const [container_id, { logFile }] of this.live) {
      const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
      if (size < MAX_BYTES) continue;
      shiftLogs(logFile);
      await this.options.daemon.cri.call('RuntimeService/ReopenContainerLog', { container_id });
    }
  }

  private async sandboxOf(uid: string): Promise<{ id: string; ready: boolean } | undefined> {
    const { items } = await this.options.daemon.cri.call('RuntimeService/ListPodSandbox', {});
    const own = items.filter(({ metadata }) => metadata.uid === uid);
    const found = own.find(({ state }) => state === 'SANDBOX_READY') ?? own[0];
    return found && { id: found.id, ready: found.state === 'SANDBOX_READY' };
  }

  private async removeSandbox(pod_sandbox_id: string): Promise<void> {
    const { cri } = this.options.daemon;
    await cri.call('RuntimeService/StopPodSandbox', { pod_sandbox_id }).catch(unlessGone);
    await cri.call('RuntimeService/RemovePodSandbox', { pod_sandbox_id }).catch(unlessGone);
  }

  private async removeContainer(container_id: string): Promise<void> {
    const { cri } = this.options.daemon;
    await cri.call('RuntimeService/StopContainer', { container_id, timeout: 0 }).catch(unlessGone);
    await cri.call('RuntimeService/RemoveContainer', { container_id }).catch(unlessGone);
  }
}

class CriSandbox implements PodSandbox {
  constructor(
    readonly spec: PodSandboxSpec,
    readonly id: string,
    readonly config: SandboxConfig,
  ) {}
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

const exitOf = ({ exit_code, finished_at, reason, message }: ContainerStatus): ContainerExit => ({
  exitCode: exit_code,
  finishedAt: finished_at / MS,
  ...(reason === 'OOMKilled' && { oomKilled: true }),
  ...(reason === 'StartError' && { startError: message }),
});
