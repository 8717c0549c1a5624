import { reject, type Plugin } from '../plugin.ts';
import {
  constraintsOf,
  countMatching,
  defaultConstraints,
  hasAllKeys,
  type Constraint,
} from '../spread-constraints.ts';
import { scoreSpread } from './pod-topology-spread-score.ts';

interface Counted extends Constraint {
  /** matching pods by the value of the key */
  byValue: Map<string, number>;
  least: number;
  /** the pod itself will count */
  self: number;
}

/** Pods of a kind are spread over zones, hosts or any other division of the nodes. */
export const podTopologySpread: Plugin<Counted[]> = {
  name: 'PodTopologySpread',
  events: [
    {
      resource: 'pods',
      on: ['add', 'update', 'delete'],
      helps: (pod, object, old) => (object ?? old)?.metadata.namespace === pod.metadata.namespace,
    },
    { resource: 'nodes', on: ['add', 'update', 'delete'] },
  ],
  prepareFilter({ pod }, snapshot) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    if (constraints.length === 0) return undefined;
    const counted = constraints.map((constraint): Counted => {
      const byValue = new Map<string, number>();
      for (const node of snapshot.nodes) {
        if (!hasAllKeys(node, constraints) || !constraint.includes(node.node)) continue;
        const value = node.labels[constraint.key]!;
        byValue.set(value, (byValue.get(value) ?? 0) + countMatching(node, constraint.counts, pod.metadata.namespace));
      }
      const least = byValue.size < constraint.minDomains ? 0 : Math.min(...byValue.values());
      return { ...constraint, byValue, least, self: constraint.matches(pod.metadata.labels) ? 1 : 0 };
    });
    return { state: counted };
  },
  filter(constraints, _pod, node) {
    for (const { key, byValue, least, self, maxSkew } of constraints) {
      const value = node.labels[key];
      if (value === undefined) {
        return reject("node(s) didn't match pod topology spread constraints (missing required label)", true);
      }
      const skew = (byValue.get(value) ?? 0) + self - (Number.isFinite(least) ? least : 0);
      if (skew > maxSkew) return reject("node(s) didn't match pod topology spread constraints");
    }
    return undefined;
  },
  score: scoreSpread((pod, snapshot) => {
    const own = pod.spec?.topologySpreadConstraints?.length;
    return {
      constraints: own ? constraintsOf(pod, 'ScheduleAnyway') : defaultConstraints(pod, snapshot),
      requireAll: !!own,
    };
  }),
};
