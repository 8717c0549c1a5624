import type { Plugin } from '../plugin.ts';
import type { Amounts } from '../pod-info.ts';

/** What the pod asks for must be free; nodes with more left score higher (LeastAllocated over cpu and memory). */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  events: [
    { resource: 'pods', on: ['update', 'delete'] },
    { resource: 'nodes', on: ['add', 'update'] },
  ],
  filter(_state, { requests }, node) {
    const reasons: string[] = [];
    let unresolvable = false;
    const slots = node.allocatable['pods'] ?? 0;
    if (node.pods.size + 1 > slots) reasons.push('Too many pods');
    for (const resource of ordered(requests)) {
      const wanted = requests[resource]!;
      const total = node.allocatable[resource] ?? 0;
      if (wanted === 0 || wanted <= total - (node.requested[resource] ?? 0)) continue;
      reasons.push(`Insufficient ${resource}`);
      // More than the node has at all: no victim helps.
      if (wanted > total) unresolvable = true;
    }
    return reasons.length ? { reasons, unresolvable } : undefined;
  },
  score: {
    weight: 1,
    score(_state, pod, node) {
      let sum = 0;
      let weights = 0;
      for (const resource of ['cpu', 'memory']) {
        const total = node.allocatable[resource] ?? 0;
        if (total === 0) continue;
        weights++;
        const used = (node.nonZero[resource] ?? 0) + (pod.wanted[resource] ?? 0);
        sum += used > total ? 0 : Math.trunc(((total - used) * 100) / total);
      }
      return weights === 0 ? 0 : Math.trunc(sum / weights);
    },
  },
};

const FIRST = ['cpu', 'memory', 'ephemeral-storage'];
const ordered = (requests: Amounts): string[] => [
  ...FIRST.filter((resource) => resource in requests),
  ...Object.keys(requests).filter((resource) => !FIRST.includes(resource)),
];
