import type { AdmissionPlugin } from './plugin.ts';

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod learns where its node is: the binding carries the node's topology labels to it (KEP-4742). */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: ({ kind, subresource }, operation) =>
    operation === 'CREATE' && kind.group === '' && kind.resource === 'pods' && subresource === 'binding',
  admit({ store, object }) {
    const node = store.get({ resource: 'nodes', namespace: '', name: object!['target']?.name ?? '' });
    const found = LABELS.filter((label) => node?.labels?.[label] !== undefined);
    if (found.length === 0) return;
    object!.metadata.labels = {
      ...object!.metadata.labels,
      ...Object.fromEntries(found.map((label) => [label, node!.labels![label]])),
    };
  },
};
