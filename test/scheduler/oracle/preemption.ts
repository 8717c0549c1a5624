import type { Node, Pod } from '../../../schema/types.ts';
import type { Cluster } from './random-cluster.ts';
import { priorityOf, podsOn, selects, selectsAll } from './words.ts';
import { reasonOn, say, type Reasons } from './oracle.ts';

/** Who goes for the pod, by node: each of the best candidates may be taken. Or why nobody goes. */
export interface Preempted {
  message: string;
  victims: Record<string, string[]>;
}

/** The most important first; of equals the one that has run for longer. */
const byImportance = (a: Pod, b: Pod): number => priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
const startOf = ({ status }: Pod): number => Date.parse(status!.startTime!);

export function preemption(pod: Pod, reasons: Reasons, cluster: Cluster): Preempted {
  const nobody = (message: string): Preempted => ({ message, victims: {} });
  if (pod.spec?.preemptionPolicy === 'Never') return nobody('not eligible due to preemptionPolicy=Never.');
  const nominated = cluster.nodes.find(({ metadata }) => metadata.name === pod.status?.nominatedNodeName);
  if (nominated && !reasons.get(nominated)?.unresolvable && podsOn(cluster, nominated).some(leaving(pod)))
    return nobody('not eligible due to a terminating pod on the nominated node.');
  const answers: Reasons = new Map();
  const candidates: Candidate[] = [];
  for (const [node, { unresolvable }] of reasons) {
    const found = unresolvable
      ? { reasons: ['Preemption is not helpful for scheduling'], unresolvable }
      : victimsOn(node, pod, cluster);
    if ('victims' in found) candidates.push(found);
    else answers.set(node, found);
  }
  if (candidates.length === 0) return nobody(`${say(answers, cluster)}.`);
  const best = bestOf(candidates).map(
    ({ node, victims }) => [node.metadata.name, victims.map(({ metadata }) => metadata.name).sort()] as const,
  );
  return { message: '', victims: Object.fromEntries(best) };
}

const leaving =
  (pod: Pod) =>
  (other: Pod): boolean =>
    !!other.metadata.deletionTimestamp &&
    priorityOf(other) < priorityOf(pod) &&
    (other.status?.conditions ?? []).some(({ reason }) => reason === 'PreemptionByScheduler');

interface Candidate {
  node: Node;
  victims: Pod[];
  violations: number;
}

/** Without all that are less important it must fit; then each comes back that does not disturb. */
function victimsOn(node: Node, pod: Pod, cluster: Cluster) {
  const lesser = podsOn(cluster, node)
    .filter((other) => priorityOf(other) < priorityOf(pod))
    .sort(byImportance);
  if (lesser.length === 0) return { reasons: ['No preemption victims found for incoming pod'], unresolvable: true };
  let gone = new Set(lesser);
  const reason = () =>
    reasonOn(node, pod, { ...cluster, pods: cluster.pods.filter((other) => !gone.has(other)) }, cluster.pods);
  const hopeless = reason();
  if (hopeless) return hopeless;
  const protectedOnes = overBudget(lesser, cluster);
  let violations = 0;
  for (const victim of [...protectedOnes, ...lesser.filter((other) => !protectedOnes.includes(other))]) {
    const all = gone;
    gone = new Set([...all].filter((other) => other !== victim));
    if (!reason()) continue;
    gone = all;
    if (protectedOnes.includes(victim)) violations++;
  }
  return { node, victims: lesser.filter((other) => gone.has(other)), violations };
}

/** Those whose eviction some budget does not allow any more, when the others before them have used it up. */
function overBudget(pods: readonly Pod[], { budgets }: Cluster): Pod[] {
  const used = new Map(budgets.map((budget) => [budget, 0]));
  return pods.filter(({ metadata }) => {
    const mine = budgets.filter(
      ({ metadata: { namespace }, spec, status }) =>
        namespace === metadata.namespace &&
        Object.keys(metadata.labels ?? {}).length > 0 &&
        !selectsAll(spec?.selector) &&
        selects(spec?.selector, metadata.labels) &&
        !(metadata.name in (status?.disruptedPods ?? {})),
    );
    for (const budget of mine) used.set(budget, used.get(budget)! + 1);
    return mine.some((budget) => used.get(budget)! > (budget.status?.disruptionsAllowed ?? 0));
  });
}

function bestOf(candidates: readonly Candidate[]): Candidate[] {
  const rules: ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => Math.max(...victims.map(priorityOf)),
    ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => {
      const highest = Math.max(...victims.map(priorityOf));
      return -Math.min(...victims.filter((victim) => priorityOf(victim) === highest).map(startOf));
    },
  ];
  return rules.reduce<Candidate[]>(
    (left, rule) => {
      const least = Math.min(...left.map(rule));
      return left.filter((candidate) => rule(candidate) === least);
    },
    [...candidates],
  );
}
