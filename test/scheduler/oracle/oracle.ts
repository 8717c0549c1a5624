import type { Node, Pod } from '../../../schema/types.ts';
import { hopeless, namedNodes, whyNot, type Why } from './filters.ts';
import { preemption } from './preemption.ts';
import type { Cluster } from './random-cluster.ts';
import { totals } from './scores.ts';
import { priorityOf } from './words.ts';

export type Reasons = Map<Node, Why>;

/** What the scheduler must say about the pod. */
export interface Answer {
  /** names of the nodes of which one is drawn; none: `message` says why */
  winners: string[];
  /** by node, of those that fit */
  totals: Record<string, number>;
  message: string;
  /** victims by node: one of these nodes is nominated */
  victims: Record<string, string[]>;
  /** by node, of those that do not do: the reasons, and whether victims could help */
  reasons: Record<string, Why>;
}

/** The scheduler's decision, worked out slowly from what each rule says. */
export function oracle(cluster: Cluster): Answer {
  const { pod, nodes } = cluster;
  const none = { winners: [], totals: {}, victims: {}, reasons: {} };
  const head = `0/${nodes.length} nodes are available:`;
  const never = hopeless(pod, cluster);
  if (never) return { ...none, message: `${head} ${never}. not found` };
  const named = namedNodes(pod);
  const asked = nodes.filter(({ metadata }) => !named || named.includes(metadata.name));
  const reasons: Reasons = new Map();
  for (const node of asked) {
    const why = reasonOn(node, pod, cluster);
    if (why) reasons.set(node, why);
  }
  const fit = asked.filter((node) => !reasons.has(node));
  const answer = { ...none, reasons: byName(reasons) };
  const nominated = fit.find(({ metadata }) => metadata.name === pod.status?.nominatedNodeName);
  if (fit.length > 0) {
    const sums = totals(pod, fit, cluster);
    const names = fit.map(({ metadata }) => metadata.name);
    const best = names.filter((_, i) => sums[i] === Math.max(...sums)).sort();
    return {
      ...answer,
      winners: nominated ? [nominated.metadata.name] : best,
      totals: Object.fromEntries(names.map((name, i) => [name, sums[i]!])),
      message: '',
    };
  }
  for (const node of nodes)
    if (!asked.includes(node))
      reasons.set(node, { reasons: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"], unresolvable: true });
  const { message, victims } = preemption(pod, reasons, cluster);
  const why = `${say(reasons, cluster)}.`;
  const rest = message ? ` no new claims to deallocate, preemption: ${message}` : '';
  return { ...answer, message: why + rest, victims };
}

const byName = (reasons: Reasons): Record<string, Why> =>
  Object.fromEntries([...reasons].map(([{ metadata }, why]) => [metadata.name, why]));

/** A pod must fit beside those that are at least as important and wait for the node, and without them. */
export function reasonOn(node: Node, pod: Pod, cluster: Cluster, standing = cluster.pods): Why | undefined {
  const { name } = node.metadata;
  const coming = cluster.waiting
    .filter((other) => other.status?.nominatedNodeName === name && priorityOf(other) >= priorityOf(pod))
    .map((other) => ({ ...other, spec: { ...other.spec!, nodeName: name } }));
  const full = { ...cluster, pods: [...cluster.pods, ...coming] };
  return (coming.length ? whyNot(pod, node, full, standing) : undefined) ?? whyNot(pod, node, cluster, standing);
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods` */
export function say(reasons: Reasons, { nodes }: Cluster): string {
  const all = [...reasons.values()].flatMap((why) => why.reasons);
  const lines = [...new Set(all)].map((one) => `${all.filter((other) => other === one).length} ${one}`);
  return `0/${nodes.length} nodes are available: ${lines.sort().join(', ')}`;
}
