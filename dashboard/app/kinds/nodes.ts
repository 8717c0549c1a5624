import { ask } from '../server/query.ts';
import type { Action, Facet } from './facet.ts';

const cordon = (id: string, label: string, mutation: string): Action => ({
  id,
  label,
  needs: 'patch',
  run: ({ name }) => ask(`mutation ($name: String!) { ${mutation}(name: $name) { metadata { name } } }`, { name }),
});

export const nodes: Facet = {
  actions: [cordon('cordon', 'Cordon', 'cordonNode'), cordon('uncordon', 'Uncordon', 'uncordonNode')],
  drain: true,
  usage: 'nodes.metrics.k8s.io',
  facts: [
    ['Unschedulable', 'spec.unschedulable'],
    ['Taints', 'spec.taints.key'],
    ['Processors', 'status.capacity.cpu'],
    ['Memory', 'status.capacity.memory'],
    ['Pods', 'status.capacity.pods'],
    ['Kubelet', 'status.nodeInfo.kubeletVersion'],
    ['Runtime', 'status.nodeInfo.containerRuntimeVersion'],
    ['Addresses', 'status.addresses.address'],
  ],
};
