import type { Plugin } from '../plugin.ts';

/** Nodes on which cpu and memory are used alike score higher. A pod that asks for nothing cannot change that. */
export const nodeResourcesBalancedAllocation: Plugin<true> = {
  name: 'NodeResourcesBalancedAllocation',
  events: [],
  score: {
    weight: 1,
    prepare: ({ requests }) => (requests['cpu'] || requests['memory'] ? true : undefined),
    score(_state, pod, node) {
      const fractions: number[] = [];
      for (const resource of ['cpu', 'memory']) {
        const total = node.allocatable[resource] ?? 0;
        if (total === 0) continue;
        fractions.push(Math.min(1, ((node.requested[resource] ?? 0) + (pod.requests[resource] ?? 0)) / total));
      }
      const deviation = fractions.length === 2 ? Math.abs((fractions[0]! - fractions[1]!) / 2) : 0;
      return Math.trunc((1 - deviation) * 100);
    },
  },
};
