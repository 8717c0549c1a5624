import type { Node, Taint } from '../../schema/types.ts';

const PREFIX = 'node.kubernetes.io/';

/** Conditions that are taints while they hold, by their status. */
const BY_CONDITION: Record<string, Record<string, string>> = {
  Ready: { False: 'not-ready', Unknown: 'unreachable' },
  MemoryPressure: { True: 'memory-pressure' },
  DiskPressure: { True: 'disk-pressure' },
  NetworkUnavailable: { True: 'network-unavailable' },
  PIDPressure: { True: 'pid-pressure' },
};
const OURS = new Set(
  [...Object.values(BY_CONDITION).flatMap((values) => Object.values(values)), 'unschedulable'].map(
    (name) => PREFIX + name,
  ),
);

/**
 * The node's taints as its conditions demand: NoSchedule for each bad one, and NoExecute for one that is not ready or
 * cannot be reached. Others' taints stay; `timeAdded` of those that are there already too.
 */
export function taintsFor(node: Node, now: string): Taint[] {
  const wanted: Taint[] = [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const name = BY_CONDITION[type]?.[status];
    if (!name) continue;
    wanted.push({ key: PREFIX + name, effect: 'NoSchedule', timeAdded: now });
    if (type === 'Ready') wanted.push({ key: PREFIX + name, effect: 'NoExecute', timeAdded: now });
  }
  if (node.spec?.unschedulable) wanted.push({ key: `${PREFIX}unschedulable`, effect: 'NoSchedule', timeAdded: now });
  const current = node.spec?.taints ?? [];
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = current.filter((taint) => !OURS.has(taint.key) || wanted.some((other) => same(taint, other)));
  return [...kept, ...wanted.filter((taint) => !kept.some((other) => same(taint, other)))];
}
