import type { AdmissionPlugin } from './plugin.ts';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until the node lifecycle controller has seen that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ({ kind, subresource }, operation) =>
    operation === 'CREATE' && kind.group === '' && kind.resource === 'nodes' && subresource === '',
  admit({ object }) {
    const spec = (object!['spec'] ??= {});
    const taints = (spec.taints ?? []) as { key: string; effect: string }[];
    if (!taints.some((t) => t.key === NOT_READY.key && t.effect === NOT_READY.effect))
      spec.taints = [...taints, { ...NOT_READY }];
  },
};
