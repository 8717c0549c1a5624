import type { Container, Pod } from '../../../schema/types.ts';
import type { CgroupLimits, ContainerCgroup, Controller } from '../cgroups/contract.ts';
import { containerLimits, MIN_SHARES } from '../cgroups/figures.ts';
import type { CgroupMembership } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import { UnsupportedError } from './unsupported.ts';

/** The cgroup of what holds a pod's namespaces; no container's attempt is called so. */
const SANDBOX = 'sandbox';
const nameOf = (container: string, attempt: number): string => `${container}-${attempt}`;

type Context = Pick<AgentContext, 'cgroups' | 'unenforced' | 'runtime'>;

/** Where the processes that hold a pod's namespaces belong; undefined where the machine gives no cgroups. */
export function sandboxCgroup(pod: Pod, { cgroups, runtime }: Context): CgroupMembership | undefined {
  const limits = { cpuShares: MIN_SHARES };
  const parent = cgroups?.pod(pod);
  if (!parent) return undefined;
  return { parent: parent.path, limits, procs: runtime.update ? [] : parent.container(SANDBOX, limits).procs };
}

/**
 * Where the processes of a container's attempt belong; undefined where the machine gives no cgroups. A runtime that can
 * update a container makes its cgroup itself.
 * @throws UnsupportedError for limits that this node does not enforce, where it is to refuse them
 */
export function attemptCgroup(
  pod: Pod,
  container: Container,
  attempt: number,
  context: Context,
): CgroupMembership | undefined {
  const limits = pod.spec ? containerLimits(pod.spec, container) : {};
  const { cgroups, unenforced, runtime } = context;
  const lacking = limited(limits).filter((controller) => !cgroups?.enforces.has(controller));
  if (lacking.length && unenforced.refused)
    throw new UnsupportedError(`resources.limits: this node does not enforce ${lacking[0]}: ${unenforced.why}`);
  const parent = cgroups?.pod(pod);
  if (!parent) return undefined;
  const procs = runtime.update ? [] : parent.container(nameOf(container.name, attempt), limits).procs;
  return { parent: parent.path, limits, procs };
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
