import type { Pod } from '../../../schema/types.ts';
import { podAmounts, rounded } from '../../rules/pod-amounts.ts';
import type { PodUsage } from '../usage/node-usage.ts';
import type { StarvedResource } from './signals.ts';

const priorityOf = ({ pod }: PodUsage): number => pod.spec?.priority ?? 0;
const requested = ({ spec }: Pod, name: string): number => podAmounts(spec, 'requests', rounded)[name] ?? 0;

const usedOf: Readonly<Record<StarvedResource, (usage: PodUsage) => number>> = {
  memory: ({ workingSet }) => workingSet,
  'ephemeral-storage': ({ ephemeral }) => ephemeral.usedBytes,
  inodes: ({ ephemeral }) => ephemeral.inodesUsed,
  pids: ({ pids }) => pids,
};

/**
 * In the order in which pods are evicted: first those that use more than they have requested, then by priority, then
 * by how much more it is; processes are not requested and count as they are. Source: pkg/kubelet/eviction rank
 * functions.
 */
export function ranked(pods: readonly PodUsage[], resource: StarvedResource): PodUsage[] {
  const judged = pods.map((usage) => {
    const used = usedOf[resource](usage);
    const exceeds = resource !== 'pids' && used > requested(usage.pod, resource);
    // the kubelet takes what was requested of storage off the count of inodes too
    const base = resource === 'memory' ? 'memory' : resource === 'pids' ? undefined : 'ephemeral-storage';
    return { usage, exceeds, excess: used - (base ? requested(usage.pod, base) : 0) };
  });
  judged.sort(
    (a, b) => Number(b.exceeds) - Number(a.exceeds) || priorityOf(a.usage) - priorityOf(b.usage) || b.excess - a.excess,
  );
  return judged.map(({ usage }) => usage);
}
