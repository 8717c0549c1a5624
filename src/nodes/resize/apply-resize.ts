import type { Pod } from '../../../schema/types.ts';
import type { CgroupLimits, PodCgroup } from '../cgroups/contract.ts';
import { containerLimits, podLimits } from '../cgroups/figures.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import { cgroupOf } from '../pods/container-cgroup.ts';
import type { ContainerWorker } from '../pods/container-worker.ts';
import { asAllocated, changedResources } from './allocation.ts';

/** Containers that run with other resources than the pod has for them. */
export const outdated = (pod: Pod, workers: readonly ContainerWorker[]): ContainerWorker[] =>
  workers.filter(({ container, record, running }) => {
    const { resources } = asAllocated(container, pod);
    return (
      running !== undefined &&
      record.resources !== undefined &&
      changedResources(record.resources, resources).length > 0
    );
  });

/** Whether the container wants to be started anew for what has changed. */
export function wantsRestart(pod: Pod, { container, record }: ContainerWorker): boolean {
  const changed = changedResources(record.resources, asAllocated(container, pod).resources);
  return (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && changed.some((name) => name === resourceName),
  );
}

/**
 * Gives running containers the resources that the pod has. The pod's own limits are never below those of its containers
 * meanwhile: they grow first and shrink last. Nothing is changed where memory is used that would be taken away.
 * @throws Error in the kubelet's words. Source: pkg/kubelet/kuberuntime doPodResizeAction
 */
export async function applyResize(
  pod: Pod,
  workers: readonly ContainerWorker[],
  { cgroups, runtime }: AgentContext,
): Promise<void> {
  const { spec, metadata } = pod;
  const parent = cgroups?.find(metadata.uid);
  if (!parent || !spec) return;
  const wanted = podLimits(spec);
  const current = parent.limits();
  const each = workers.map((worker) => {
    const { name, record, running, container } = worker;
    const cgroup = cgroupOf(metadata.uid, name, record.restartCount, running?.id, {
      cgroups,
      runtime,
      unenforced: NONE,
    });
    return { worker, cgroup, limits: containerLimits(spec, asAllocated(container, pod)) };
  });
  refuseBelowUsage(parent, current, wanted, each);
  parent.update({ ...wanted, ...larger(current, wanted) });
  const shrinkFirst = each.toSorted((a, b) => Number(shrinks(b)) - Number(shrinks(a)));
  for (const { worker, cgroup, limits } of shrinkFirst) {
    if (runtime.update && worker.running) await runtime.update(worker.running, limits);
    else cgroup?.update(limits);
  }
  parent.update(wanted);
}

const NONE = { why: '', refused: false };

interface Step {
  worker: ContainerWorker;
  cgroup: ReturnType<typeof cgroupOf>;
  limits: CgroupLimits;
}

const unlimited = (value = -1): number => (value < 0 ? Infinity : value);
const wire = (value: number): number => (value === Infinity ? -1 : value);
const larger = (a: CgroupLimits, b: CgroupLimits): CgroupLimits => ({
  cpuQuota: wire(Math.max(unlimited(a.cpuQuota), unlimited(b.cpuQuota))),
  memory: wire(Math.max(unlimited(a.memory), unlimited(b.memory))),
});
const shrinks = ({ cgroup, limits }: Step): boolean => {
  const current = cgroup?.limits() ?? {};
  return (
    unlimited(limits.memory) < unlimited(current.memory) || unlimited(limits.cpuQuota) < unlimited(current.cpuQuota)
  );
};

function refuseBelowUsage(
  parent: PodCgroup,
  current: CgroupLimits,
  wanted: CgroupLimits,
  steps: readonly Step[],
): void {
  const errors: string[] = [];
  const usage = parent.stats().memoryUsage;
  if (unlimited(wanted.memory) < unlimited(current.memory) && usage >= unlimited(wanted.memory))
    errors.push(`attempting to set pod memory limit (${wanted.memory}) below current usage (${usage})`);
  for (const { worker, cgroup, limits } of steps) {
    if (!cgroup || unlimited(limits.memory) >= unlimited(cgroup.limits().memory)) continue;
    const used = cgroup.stats().memoryUsage;
    if (used < unlimited(limits.memory)) continue;
    const what = `container ${JSON.stringify(worker.name)} memory limit (${limits.memory})`;
    errors.push(`attempting to set ${what} below current usage (${used})`);
  }
  if (!errors.length) return;
  const all = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
  throw new Error(`cannot decrease memory limits: ${all}`);
}
