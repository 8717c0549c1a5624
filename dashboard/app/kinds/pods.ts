import { ask } from '../server/query.ts';
import type { Facet } from './facet.ts';

export const pods: Facet = {
  actions: [
    {
      id: 'evict',
      label: 'Evict',
      needs: 'create eviction',
      warning: 'The pod ends, as far as disruption budgets allow it; its owner makes another.',
      run: (place) =>
        ask('mutation ($namespace: String!, $name: String!) { evictPod(namespace: $namespace, name: $name) }', {
          ...place,
        }),
    },
  ],
  logs: 'podLogs',
  usage: 'pods.metrics.k8s.io',
  exec: true,
  facts: [
    ['Phase', 'status.phase'],
    ['Node', 'spec.nodeName'],
    ['Address', 'status.podIP'],
    ['Service account', 'spec.serviceAccountName'],
    ['Quality of service', 'status.qosClass'],
    ['Images', 'spec.containers.image'],
    ['Started', 'status.startTime'],
  ],
};
