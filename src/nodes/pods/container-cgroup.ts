import type { Container, Pod } from '../../../schema/types.ts';
import type { CgroupLimits, ContainerCgroup, Controller } from '../cgroups/contract.ts';
import { containerLimits, MIN_SHARES } from '../cgroups/figures.ts';
import { deviceAt, COMMON_DEVICES, type DeviceRule } from '../cgroups/devices.ts';
import type { BindMount, CgroupMembership } from '../runtimes/runtime.ts';
import type { VolumeSource } from '../volumes/volume-source.ts';
import type { AgentContext } from './agent-context.ts';
import { asksFor } from './capabilities.ts';
import { UnsupportedError } from './unsupported.ts';

/** The cgroup of what holds a pod's namespaces; no container's attempt is called so. */
const SANDBOX = 'sandbox';
const nameOf = (container: string, attempt: number): string => `${container}-${attempt}`;

type Context = Pick<AgentContext, 'cgroups' | 'unenforced' | 'runtime'>;

/**
 * Where the processes that hold a pod's namespaces belong; undefined where the machine gives no cgroups. A container with
 * CAP_SYS_ADMIN could give its own cgroup other devices, so that of its pod is held to them, which it cannot reach.
 */
export function sandboxCgroup(
  pod: Pod,
  volumes: ReadonlyMap<string, VolumeSource>,
  { cgroups, runtime }: Context,
): CgroupMembership | undefined {
  const limits = { cpuShares: MIN_SHARES };
  if (!cgroups) return undefined;
  if (runtime.update) return { parent: cgroups.pod(pod).path, limits, procs: [] };
  const blocks = [...volumes.values()].filter(({ block }) => block);
  const parent = cgroups.pod(pod, isMighty(pod) ? devicesWith(blocks) : undefined);
  return {
    parent: parent.path,
    limits,
    procs: parent.container(SANDBOX, limits).procs,
    devices: parent.devices,
  };
}

/** Whether a container has rights over cgroups, and none has those over the machine. */
function isMighty({ spec }: Pod): boolean {
  const contexts = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map((each) => each.securityContext);
  return (
    !contexts.some((each) => each?.privileged) && contexts.some((each) => asksFor('SYS_ADMIN', each?.capabilities))
  );
}

const devicesWith = (blocks: readonly { path: string; readOnly: boolean }[]): DeviceRule[] => [
  ...COMMON_DEVICES,
  ...blocks.map(({ path, readOnly }) => deviceAt(path, readOnly)),
];

/**
 * Where the processes of a container's attempt belong; undefined where the machine gives no cgroups. A runtime that can
 * update a container makes its cgroup itself.
 * @param mounts of the container, devices among them
 * @throws UnsupportedError for limits that this node does not enforce, where it is to refuse them
 */
export function attemptCgroup(
  pod: Pod,
  container: Container,
  attempt: number,
  mounts: readonly BindMount[],
  context: Context,
): CgroupMembership | undefined {
  const limits = pod.spec ? containerLimits(pod.spec, container) : {};
  const { cgroups, unenforced, runtime } = context;
  const lacking = limited(limits).filter((controller) => !cgroups?.enforces.has(controller));
  if (lacking.length && unenforced.refused)
    throw new UnsupportedError(`resources.limits: this node does not enforce ${lacking[0]}: ${unenforced.why}`);
  const parent = cgroups?.pod(pod);
  if (!parent) return undefined;
  if (runtime.update) return { parent: parent.path, limits, procs: [] };
  const blocks = mounts.filter(({ device }) => device).map(({ source: path, readOnly }) => ({ path, readOnly }));
  const allowed = container.securityContext?.privileged ? undefined : devicesWith(blocks);
  const { procs, devices } = parent.container(nameOf(container.name, attempt), limits, allowed);
  return { parent: parent.path, limits, procs, devices };
}

const limited = ({ cpuQuota = -1, memory = -1 }: CgroupLimits): Controller[] => [
  ...(cpuQuota >= 0 ? (['cpu'] as const) : []),
  ...(memory >= 0 ? (['memory'] as const) : []),
];

/**
 * The cgroup of an attempt that was started, whoever made it.
 * @param id of the container, without the runtime's scheme
 */
export function cgroupOf(
  uid: string,
  container: string,
  attempt: number,
  id: string | undefined,
  { cgroups, runtime }: Context,
): ContainerCgroup | undefined {
  return cgroups?.find(uid)?.find(runtime.update ? (id ?? '') : nameOf(container, attempt));
}
