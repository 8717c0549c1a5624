import type { Pod } from '../../schema/types.ts';
import { timeMs } from '../meta/time.ts';
import { isEmptySelector, labelMatcher } from '../control/selector.ts';
import type { NodeInfo } from './node-info.ts';
import { filterNode, prepareFilters, summary } from './filters.ts';
import { reject, type Plugin, type Rejection } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

export interface Preemption {
  message: string;
  node?: string;
  victims: readonly Pod[];
}

interface Candidate {
  node: NodeInfo;
  /** the most important first */
  victims: PodInfo[];
  violations: number;
}

/** Of nodes where no victim would make room. */
export const NOT_HELPFUL = 'Preemption is not helpful for scheduling';

/** Candidates that are looked at: a tenth of the nodes, at least 100. */
const MIN_CANDIDATES = 100;

/**
 * Finds the node on which the fewest and least important pods must go for this one (DefaultPreemption).
 * @param rejected why each node did not do
 */
export function preempt(
  snapshot: Snapshot,
  pod: PodInfo,
  plugins: readonly Plugin[],
  rejected: ReadonlyMap<NodeInfo, Rejection>,
  random: () => number,
): Preemption {
  const none = (message: string): Preemption => ({ message, victims: [] });
  if (pod.pod.spec?.preemptionPolicy === 'Never') return none('not eligible due to preemptionPolicy=Never.');
  if (victimsLeaving(snapshot, pod, rejected))
    return none('not eligible due to a terminating pod on the nominated node.');
  const answers = new Map<NodeInfo, Rejection>();
  const hopeful: NodeInfo[] = [];
  for (const [node, rejection] of rejected) {
    if (rejection.unresolvable) answers.set(node, reject(NOT_HELPFUL));
    else hopeful.push(node);
  }
  const most = Math.max(Math.trunc(snapshot.nodes.length / 10), MIN_CANDIDATES);
  const offset = hopeful.length ? Math.floor(random() * hopeful.length) : 0;
  const candidates: Candidate[] = [];
  for (let i = 0; i < hopeful.length && candidates.length < most; i++) {
    const node = hopeful[(offset + i) % hopeful.length]!;
    const result = selectVictims(snapshot, pod, node, plugins);
    if ('victims' in result) candidates.push(result);
    else answers.set(node, result);
  }
  if (candidates.length === 0) {
    return none(`0/${snapshot.nodes.length} nodes are available: ${summary(answers.values())}.`);
  }
  const chosen = pickOne(candidates);
  return { message: '', node: chosen.node.name, victims: chosen.victims.map(({ pod: victim }) => victim) };
}

/** Victims of an earlier round are still on their way out: more would go for nothing. */
function victimsLeaving(snapshot: Snapshot, pod: PodInfo, rejected: ReadonlyMap<NodeInfo, Rejection>): boolean {
  const node = snapshot.node(pod.pod.status?.nominatedNodeName ?? '');
  // Where their going does not help any more, others may go elsewhere.
  if (!node || rejected.get(node)?.unresolvable) return false;
  return [...node.pods.values()].some(
    ({ pod: other, priority }) =>
      other.metadata.deletionTimestamp !== undefined &&
      priority < pod.priority &&
      other.status?.conditions?.some(
        ({ type, status, reason }) =>
          type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler',
      ),
  );
}

function selectVictims(
  snapshot: Snapshot,
  pod: PodInfo,
  node: NodeInfo,
  plugins: readonly Plugin[],
): Candidate | Rejection {
  const possible = [...node.pods.values()].filter(({ priority }) => priority < pod.priority).sort(byImportance);
  if (possible.length === 0) return reject('No preemption victims found for incoming pod', true);
  const before = [...node.pods.values()];
  const fits = (): Rejection | undefined => {
    const { prepared, rejection } = prepareFilters(snapshot, pod, plugins);
    return rejection?.by ?? filterNode(snapshot, pod, node, prepared);
  };
  try {
    for (const victim of possible) node.remove(victim.pod.metadata.uid);
    const rejection = fits();
    if (rejection) return rejection;
    const { violating, others } = splitByBudget(possible, snapshot);
    const victims: PodInfo[] = [];
    let violations = 0;
    // As many as possible stay: the most important ones, and those whose budget is used up, are tried first.
    for (const [group, violates] of [
      [violating, true],
      [others, false],
    ] as const) {
      for (const victim of group) {
        node.add(victim);
        if (!fits()) continue;
        node.remove(victim.pod.metadata.uid);
        victims.push(victim);
        if (violates) violations++;
      }
    }
    return { node, victims: victims.sort(byImportance), violations };
  } finally {
    for (const uid of node.pods.keys()) node.remove(uid);
    for (const info of before) node.add(info);
  }
}

const startOf = ({ pod }: PodInfo): number => {
  const start = timeMs(pod.status?.startTime);
  return Number.isNaN(start) ? Number.MAX_SAFE_INTEGER : start;
};
const byImportance = (a: PodInfo, b: PodInfo): number => b.priority - a.priority || startOf(a) - startOf(b);

function splitByBudget(pods: readonly PodInfo[], { cluster }: Snapshot): { violating: PodInfo[]; others: PodInfo[] } {
  const left = new Map<string, number>();
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of pods) {
    let violates = false;
    const { namespace = '', labels = {} } = info.pod.metadata;
    // One without labels has no budget either.
    const budgets = Object.keys(labels).length ? cluster.budgets(namespace) : [];
    for (const budget of budgets) {
      // An empty selector protects every pod from eviction, but none from preemption.
      if (isEmptySelector(budget.spec?.selector)) continue;
      if (!labelMatcher(budget.spec?.selector)(info.pod.metadata.labels)) continue;
      if (budget.status?.disruptedPods?.[info.pod.metadata.name]) continue;
      const allowed = (left.get(budget.metadata.uid) ?? budget.status?.disruptionsAllowed ?? 0) - 1;
      left.set(budget.metadata.uid, allowed);
      if (allowed < 0) violates = true;
    }
    (violates ? violating : others).push(info);
  }
  return { violating, others };
}

/** Added to each priority, so that more victims count as more even when their priorities are negative. */
const SHIFT = 2 ** 31;

/** Each rule keeps the best of what the one before left. */
const RULES: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => victims[0]?.priority ?? Number.MIN_SAFE_INTEGER,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + SHIFT, 0),
  ({ victims }) => victims.length,
  // The one whose most important victims have run for the shortest time.
  ({ victims }) => -Math.min(...victims.filter(({ priority }) => priority === victims[0]!.priority).map(startOf)),
];

function pickOne(candidates: readonly Candidate[]): Candidate {
  let left = candidates;
  for (const rule of RULES) {
    const least = Math.min(...left.map(rule));
    left = left.filter((candidate) => rule(candidate) === least);
    if (left.length === 1) break;
  }
  return left[0]!;
}
