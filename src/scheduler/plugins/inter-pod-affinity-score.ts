import type { NodeInfo } from '../node-info.ts';
import type { Scoring } from '../plugin.ts';
import type { PodInfo, Term } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';

/** Points by topology key and value. */
type Points = Map<string, Map<string, number>>;

/** What a required affinity of another pod towards this one is worth (hardPodAffinityWeight). */
const HARD_WEIGHT = 1;

/** The wishes of the pod towards those that are there, and theirs towards it. */
export const scoreAffinity: Scoring<Points> = {
  weight: 2,
  prepare(pod, snapshot) {
    const points: Points = new Map();
    const wishes = pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0;
    // Without wishes of its own only pods with affinity have something to say.
    for (const node of wishes ? snapshot.nodes : snapshot.withAffinity) {
      for (const other of wishes ? node.pods.values() : node.withAffinity) count(points, pod, other, node, snapshot);
    }
    return points.size ? points : undefined;
  },
  score(points, _pod, node) {
    let score = 0;
    for (const [key, values] of points) score += values.get(node.labels[key] ?? '') ?? 0;
    return score;
  },
  normalize(scores) {
    const most = Math.max(...scores);
    const least = Math.min(...scores);
    for (let i = 0; i < scores.length; i++)
      scores[i] = most > least ? Math.trunc((100 * (scores[i]! - least)) / (most - least)) : 0;
  },
};

function count(points: Points, pod: PodInfo, other: PodInfo, node: NodeInfo, { cluster }: Snapshot): void {
  const give = (terms: readonly Term[], from: PodInfo, factor: (term: Term) => number): void => {
    for (const term of terms) {
      const value = node.labels[term.topologyKey];
      if (value === undefined || !term.matches(from.pod, cluster.namespaceLabels)) continue;
      const values = points.get(term.topologyKey) ?? new Map<string, number>();
      points.set(term.topologyKey, values.set(value, (values.get(value) ?? 0) + factor(term)));
    }
  };
  give(pod.preferredAffinity, other, (term) => term.weight);
  give(pod.preferredAntiAffinity, other, (term) => -term.weight);
  give(other.affinity, pod, () => HARD_WEIGHT);
  give(other.preferredAffinity, pod, (term) => term.weight);
  give(other.preferredAntiAffinity, pod, (term) => -term.weight);
}
