import { ask } from '../server/query.ts';
import { isOn } from '../shared/value-at.ts';
import type { Action, Facet } from './facet.ts';

const cordon = (id: string, label: string, mutation: string, unschedulable: boolean): Action => ({
  id,
  label,
  needs: 'patch',
  applies: ({ spec }) => isOn(spec, 'unschedulable') !== unschedulable,
  run: ({ name }) => ask(`mutation ($name: String!) { ${mutation}(name: $name) { metadata { name } } }`, { name }),
});

export const nodes: Facet = {
  actions: [cordon('cordon', 'Cordon', 'cordonNode', true), cordon('uncordon', 'Uncordon', 'uncordonNode', false)],
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
