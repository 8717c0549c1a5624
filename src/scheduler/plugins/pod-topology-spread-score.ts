import type { Pod } from '../../../schema/types.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Scoring } from '../plugin.ts';
import type { Snapshot } from '../snapshot.ts';
import { countMatching, hasAllKeys, type Constraint } from '../spread-constraints.ts';

const HOSTNAME = 'kubernetes.io/hostname';

interface State {
  constraints: Constraint[];
  /** of each constraint, by the key's value; hosts are counted when they are scored */
  counts: Map<string, number>[];
  /** a division into many parts weighs more, or it would drown */
  weights: number[];
  ignored: Set<NodeInfo>;
}

/** Nodes in parts of the cluster with fewer pods of the kind score higher. */
export const scoreSpread = (
  constraintsFor: (pod: Pod, snapshot: Snapshot) => { constraints: Constraint[]; requireAll: boolean },
): Scoring<State> => ({
  weight: 2,
  prepare({ pod }, snapshot, nodes) {
    const { constraints, requireAll } = constraintsFor(pod, snapshot);
    if (constraints.length === 0) return undefined;
    const ignored = new Set(requireAll ? nodes.filter((node) => !hasAllKeys(node, constraints)) : []);
    const counts = constraints.map(({ key }) => {
      const values = new Map<string, number>();
      if (key === HOSTNAME) return values;
      for (const node of nodes) {
        const value = node.labels[key];
        if (!ignored.has(node) && (value !== undefined || requireAll)) values.set(value!, 0);
        else if (!ignored.has(node)) values.set('', 0);
      }
      return values;
    });
    const weights = constraints.map(({ key }, i) =>
      Math.log((key === HOSTNAME ? nodes.length - ignored.size : counts[i]!.size) + 2),
    );
    for (const node of snapshot.nodes) {
      if (requireAll && !hasAllKeys(node, constraints)) continue;
      constraints.forEach(({ key, counts: counted, includes }, i) => {
        const value = node.labels[key] ?? '';
        const before = counts[i]!.get(value);
        if (before !== undefined && includes(node.node))
          counts[i]!.set(value, before + countMatching(node, counted, pod.metadata.namespace));
      });
    }
    return { constraints, counts, weights, ignored };
  },
  score({ constraints, counts, weights, ignored }, { pod }, node) {
    if (ignored.has(node)) return 0;
    let score = 0;
    constraints.forEach(({ key, counts: counted, maxSkew }, i) => {
      const value = node.labels[key];
      if (value === undefined) return;
      const count =
        key === HOSTNAME ? countMatching(node, counted, pod.metadata.namespace) : (counts[i]!.get(value) ?? 0);
      score += count * weights[i]! + (maxSkew - 1);
    });
    return Math.round(score);
  },
  normalize(scores, { ignored }, nodes) {
    const valid = scores.filter((_, i) => !ignored.has(nodes[i]!));
    const most = Math.max(0, ...valid);
    const least = Math.min(...valid);
    for (let i = 0; i < scores.length; i++) {
      if (ignored.has(nodes[i]!)) scores[i] = 0;
      else scores[i] = most === 0 ? 100 : Math.trunc((100 * (most + least - scores[i]!)) / most);
    }
  },
});
