import type { PodIdentity } from '../logs/log-store.ts';
import type { ContainerSecurity } from '../pods/security-context.ts';
import type { CgroupLimits } from '../cgroups/contract.ts';
import type { HeldDevices } from '../cgroups/devices.ts';
import type { ImageRoot } from '../images/image-service.ts';

/** A host file or directory that a container sees at `target`. */
export interface BindMount {
  source: string;
  /** what of the source is shown; it may be a file, is made a directory when missing, and does not lead out of the source */
  subPath?: string;
  /** resolved within the container's root, links and all; made when missing */
  target: string;
  readOnly: boolean;
  /** with `readOnly`: what is mounted below the source is read-only too; `IfPossible` leaves it where the kernel cannot */
  recursiveReadOnly?: 'IfPossible' | 'Enabled';
  /** mounts below the source that are made later come into the container (HostToContainer), and out of it too */
  propagation?: 'HostToContainer' | 'Bidirectional';
  /** the source is what the pod's author says of the host: nothing of the node's own folder is shown by it */
  host?: boolean;
  /** the source is a file or a device, so the mount point must be a file */
  file?: boolean;
  /** the source is a device that the container is to use: it is not mounted `nodev` */
  device?: boolean;
}

/** The cgroup that a process is to be in. */
export interface CgroupMembership {
  /** files into which a process writes its id to be in it; none where the runtime makes it itself */
  procs: readonly string[];
  /** path of the pod's cgroup below the mount point of each hierarchy, as CRI's `cgroup_parent` */
  parent: string;
  limits: CgroupLimits;
  /** the devices that its processes, or in a pod's sandbox all of the pod's, may use; absent: all, or the runtime sees to it */
  devices?: HeldDevices | undefined;
}

/** What the containers of a pod share. */
export interface PodSandboxSpec {
  pod: PodIdentity;
  /** host name within the pod; with the host's network it is the host's */
  hostname: string;
  /** path of the network namespace; absent: the host's */
  netns?: string | undefined;
  /** the pod's IP */
  address: string;
  hostNetwork: boolean;
  hostIPC: boolean;
  hostPID: boolean;
  /** one PID namespace for all containers */
  shareProcessNamespace: boolean;
  /** false: a user namespace of its own */
  hostUsers: boolean;
  /** one of its containers is privileged */
  privileged: boolean;
  /** by name with dots; all of them namespaced */
  sysctls: Readonly<Record<string, string>>;
  cgroup?: CgroupMembership | undefined;
}

/** A pod's namespaces, into which its containers are started. */
export interface PodSandbox {
  readonly spec: PodSandboxSpec;
}

/** A container, with everything resolved, ready to start. */
export interface ContainerSpec {
  pod: PodIdentity;
  name: string;
  attempt: number;
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  /** `/` when absent; made when missing */
  workingDir?: string | undefined;
  root: ImageRoot;
  /** id of the image, as its service names it */
  imageId?: string;
  mounts: readonly BindMount[];
  /** folders of the root that the image wants written to, also where the root is read-only; absolute */
  volumes?: readonly string[];
  sandbox: PodSandbox;
  security: ContainerSecurity;
  cgroup?: CgroupMembership | undefined;
  /** the container of the same pod whose processes it sees, and they it */
  target?: RunningContainer;
  stdin: boolean;
  tty: boolean;
}

export interface ContainerExit {
  exitCode: number;
  /** ms since the epoch */
  finishedAt: number;
  /** the command could not be started, and why */
  startError?: string;
  /** a memory limit was reached and the kernel killed for it; absent where the cgroup is the agent's own to read */
  oomKilled?: boolean;
}

export interface RunningContainer {
  /** hex, 64 digits, as CRI runtimes name containers */
  readonly id: string;
  readonly startedAt: number;
  readonly pid: number;
  readonly live: boolean;
  readonly exited: Promise<ContainerExit>;
  signal(signal: NodeJS.Signals | number): void;
  /** SIGKILL to every process of the container */
  kill(): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): () => void;
  onEnd(listener: () => void): void;
  openStdin(): ContainerInput | undefined;
  /** of its terminal, when it has one */
  resize(columns: number, rows: number): void;
}

/** One of those who write to a container's stdin. */
export interface ContainerInput {
  /** false: it takes no more until `onDrain` */
  write(chunk: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** @param last nobody else will write */
  end(last: boolean): void;
}

/** A command that runs beside a container's own, in the same view and network. */
export interface ExecSession {
  /** false: it takes no more until `onInputDrain` */
  write(chunk: Buffer): boolean;
  onInputDrain(listener: () => void): void;
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
  /**
   * Makes the namespaces of a pod, or takes those that an earlier run of the agent made.
   * @throws UnsupportedError for what the machine cannot do
   */
  startPod(spec: PodSandboxSpec): Promise<PodSandbox>;
  /** Gives up a pod's namespaces, when all its containers have ended; absent where they cost nothing. */
  stopPod?(pod: PodIdentity): Promise<void>;
  /** @throws UnsupportedError for what the machine cannot do */
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** A container that an earlier run of the agent started and that still runs, also when that run ended in the midst of it. */
  adopt(spec: Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>): Promise<RunningContainer | undefined>;
  /**
   * How an earlier attempt that is not to be adopted ended while no agent looked; undefined when its command never began.
   * What was only half begun is ended: afterwards nothing of the attempt runs, and it may be started anew.
   */
  exitOf(spec: Pick<ContainerSpec, 'pod' | 'name' | 'attempt'>): Promise<ContainerExit | undefined>;
  /** Runs with the container's own user, groups, capabilities, seccomp filter and cgroup, as they were at its start. */
  exec(container: RunningContainer, command: readonly string[], options?: ExecOptions): ExecSession;
  /** Gives a running container other limits. Absent where the cgroup is the agent's own to write. */
  update?(container: RunningContainer, limits: CgroupLimits): Promise<void>;
  /** Removes the pod's namespaces and what its containers left; none of them may run. */
  removePod(pod: PodIdentity): Promise<void>;
}
