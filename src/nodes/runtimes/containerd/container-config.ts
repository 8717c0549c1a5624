import { join } from 'node:path';
import { UnsupportedError } from '../../pods/unsupported.ts';
import type { CgroupLimits } from '../../cgroups/contract.ts';
import type { Seccomp } from '../../pods/security-context.ts';
import type { BindMount, ContainerSpec, PodSandboxSpec } from '../runtime.ts';
import type {
  ContainerConfig,
  ContainerSecurityContext,
  Device,
  Mount,
  NamespaceOption,
  Resources,
  SandboxConfig,
  SecurityProfile,
} from './cri-messages.ts';

/** Labels by which the kubelet's containers are found. Source: k8s.io/kubelet pkg/types. */
export const LABELS = {
  name: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  uid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
  /** what CRI is asked for with a container and does not tell again */
  stdin: 'ku7s.io/stdin',
  tty: 'ku7s.io/tty',
} as const;

const podLabels = ({ pod }: Pick<PodSandboxSpec, 'pod'>): Record<string, string> => ({
  [LABELS.name]: pod.name,
  [LABELS.namespace]: pod.namespace,
  [LABELS.uid]: pod.uid,
});

const namespaces = (spec: PodSandboxSpec): NamespaceOption => ({
  network: spec.hostNetwork || !spec.netns ? 'NODE' : 'POD',
  ipc: spec.hostIPC ? 'NODE' : 'POD',
  pid: spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER',
});

/**
 * What CRI is told of a pod. @param logDirectory of the pod
 * @throws UnsupportedError for what this runtime does not do
 */
export function sandboxConfig(spec: PodSandboxSpec, logDirectory: string): SandboxConfig {
  if (!spec.hostUsers) throw new UnsupportedError('hostUsers: containers of containerd share the users of the machine');
  if (!spec.hostNetwork && !spec.netns)
    throw new UnsupportedError('containerd: pods of this machine have no network of their own; hostNetwork would do');
  return {
    metadata: { ...spec.pod, attempt: 0 },
    // with the host's network the name is the host's, which containerd finds itself
    hostname: spec.hostNetwork ? '' : spec.hostname,
    log_directory: logDirectory,
    labels: podLabels(spec),
    linux: {
      cgroup_parent: spec.cgroup?.parent ?? '',
      sysctls: spec.sysctls,
      security_context: {
        namespace_options: namespaces(spec),
        // containerd starts no privileged container in a sandbox that is not; what holds it runs nothing but our program
        privileged: spec.privileged,
        seccomp: { profile_type: 'RuntimeDefault' },
      },
    },
  };
}

/** @param mounts with their sources as containerd is to see them */
export function containerConfig(spec: ContainerSpec, mounts: readonly Mount[], seccompDir: string): ContainerConfig {
  const { name, attempt, env, security } = spec;
  return {
    metadata: { name, attempt },
    image: { image: spec.imageId ?? '' },
    command: spec.command,
    working_dir: spec.workingDir ?? '',
    envs: Object.entries(env).map(([key, value]) => ({ key, value })),
    mounts,
    devices: spec.mounts.filter(({ device }) => device).map(deviceOf),
    labels: {
      ...podLabels(spec),
      [LABELS.container]: name,
      [LABELS.stdin]: String(spec.stdin),
      [LABELS.tty]: String(spec.tty),
    },
    log_path: join(name, `${attempt}.log`),
    stdin: spec.stdin,
    tty: spec.tty,
    linux: {
      resources: { ...resources(spec.cgroup?.limits ?? {}), oom_score_adj: security.oomScoreAdj },
      security_context: securityContext(spec, seccompDir),
    },
  };
}

/** -1, no limit, is what CRI has as nothing said. */
export const resources = ({ cpuShares, cpuQuota, cpuPeriod, memory }: CgroupLimits): Resources => ({
  ...(cpuShares !== undefined && { cpu_shares: cpuShares }),
  ...(cpuQuota !== undefined && { cpu_quota: cpuQuota }),
  ...(cpuPeriod !== undefined && { cpu_period: cpuPeriod }),
  ...(memory !== undefined && memory > 0 && { memory_limit_in_bytes: memory }),
});

function securityContext({ security, sandbox, target }: ContainerSpec, seccompDir: string): ContainerSecurityContext {
  const own = namespaces(sandbox.spec);
  return {
    capabilities: {
      drop_capabilities: ['ALL'],
      add_capabilities: security.capabilities.permitted.map((each) => each.replace(/^CAP_/, '')),
    },
    privileged: security.privileged,
    namespace_options: target ? { ...own, pid: 'TARGET', target_id: target.id } : own,
    run_as_user: { value: security.user },
    run_as_group: { value: security.group },
    supplemental_groups: security.supplementaryGroups,
    readonly_rootfs: security.readOnlyRoot,
    no_new_privs: security.noNewPrivileges,
    masked_paths: security.maskedPaths,
    readonly_paths: security.readOnlyPaths,
    seccomp: seccompProfile(security.seccomp, seccompDir),
    ...(security.apparmor !== undefined && { apparmor: apparmorProfile(security.apparmor) }),
  };
}

const seccompProfile = (seccomp: Seccomp, directory: string): SecurityProfile =>
  seccomp.type === 'Localhost'
    ? { profile_type: 'Localhost', localhost_ref: join(directory, seccomp.profile) }
    : { profile_type: seccomp.type };

const apparmorProfile = (name: string): SecurityProfile =>
  name === 'unconfined' ? { profile_type: 'Unconfined' } : { profile_type: 'Localhost', localhost_ref: name };

const PROPAGATIONS = {
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const;

const deviceOf = ({ source, target, readOnly }: BindMount): Device => ({
  container_path: target,
  host_path: source,
  permissions: readOnly ? 'mr' : 'mrw',
});

/** @param source what is shown, sub path and all. @throws UnsupportedError for what this runtime does not do */
export function mountOf(mount: BindMount, source: string): Mount {
  if (mount.recursiveReadOnly === 'Enabled')
    throw new UnsupportedError('recursiveReadOnly: this containerd cannot make what is mounted below read-only');
  return {
    container_path: mount.target,
    host_path: source,
    readonly: mount.readOnly,
    propagation: mount.propagation ? PROPAGATIONS[mount.propagation] : 'PROPAGATION_PRIVATE',
  };
}
