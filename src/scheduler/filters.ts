import type { NodeInfo } from './node-info.ts';
import type { Plugin, Rejection } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

export interface Prepared {
  plugin: Plugin;
  state: unknown;
}

/** `1 Insufficient cpu, 2 node(s) had untolerated taint(s)`: reasons with the number of nodes, in the order of the text. */
export function summary(rejections: Iterable<Rejection>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of rejections) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(', ');
}

export interface PreparedFilters {
  prepared: Prepared[];
  rejection?: { plugin: string; by: Rejection };
  /** the nodes that can do at all, and who says so */
  only?: ReadonlySet<string> | undefined;
  onlyBy: string[];
}

export function prepareFilters(snapshot: Snapshot, pod: PodInfo, plugins: readonly Plugin[]): PreparedFilters {
  const prepared: Prepared[] = [];
  const onlyBy: string[] = [];
  let only: ReadonlySet<string> | undefined;
  for (const plugin of plugins) {
    if (!plugin.filter) continue;
    if (!plugin.prepareFilter) {
      prepared.push({ plugin, state: undefined });
      continue;
    }
    const answer = plugin.prepareFilter(pod, snapshot);
    if (!answer) continue;
    if (answer.reject) return { prepared, rejection: { plugin: plugin.name, by: answer.reject }, onlyBy };
    if (answer.nodes) {
      const before: ReadonlySet<string> | undefined = only;
      only = before ? new Set([...answer.nodes].filter((name) => before.has(name))) : answer.nodes;
      onlyBy.push(plugin.name);
    }
    prepared.push({ plugin, state: answer.state });
  }
  return { prepared, only, onlyBy };
}

/** The same filters for another state of the nodes; what had nothing to say at first is not asked again. */
const preparedAgain = (prepared: readonly Prepared[], pod: PodInfo, snapshot: Snapshot): Prepared[] =>
  prepared.flatMap(({ plugin, state }) => {
    if (!plugin.prepareFilter) return [{ plugin, state }];
    const answer = plugin.prepareFilter(pod, snapshot);
    return answer ? [{ plugin, state: answer.state }] : [];
  });

/**
 * The first rejection of the node, undefined when it fits. A node for which pods of at least this priority wait must fit
 * with them and without them: they may never come, and this one may need to be near them.
 * @param by gets the name of the plugin that rejected
 */
export function filterNode(
  snapshot: Snapshot,
  pod: PodInfo,
  node: NodeInfo,
  prepared: readonly Prepared[],
  by?: Set<string>,
): Rejection | undefined {
  const waiting = snapshot
    .nominated(node.name, pod.priority, pod.pod.metadata.uid)
    .filter(({ pod: { metadata } }) => !node.pods.has(metadata.uid));
  const rejection =
    waiting.length > 0
      ? snapshot.supposing(node, waiting, () =>
          runFilters(snapshot, pod, node, preparedAgain(prepared, pod, snapshot), by),
        )
      : undefined;
  return rejection ?? runFilters(snapshot, pod, node, prepared, by);
}

function runFilters(
  snapshot: Snapshot,
  pod: PodInfo,
  node: NodeInfo,
  prepared: readonly Prepared[],
  by?: Set<string>,
): Rejection | undefined {
  for (const { plugin, state } of prepared) {
    const rejection = plugin.filter!(state, pod, node, snapshot);
    if (!rejection) continue;
    by?.add(plugin.name);
    if (rejection.fatal)
      return { ...rejection, reasons: [`running "${plugin.name}" filter plugin: ${rejection.reasons.join(', ')}`] };
    return rejection;
  }
  return undefined;
}
