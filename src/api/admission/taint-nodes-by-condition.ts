import type { Taint } from '../../../schema/types.ts';
import { incoming, isWriteOf } from './objects.ts';
import type { AdmissionPlugin } from './plugin.ts';

const NOT_READY: Readonly<Taint> = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until the node lifecycle controller has seen that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, 'nodes'),
  admit(request) {
    const spec = (incoming(request, 'nodes').spec ??= {});
    const taints = spec.taints ?? [];
    if (!taints.some((t) => t.key === NOT_READY.key && t.effect === NOT_READY.effect))
      spec.taints = [...taints, { ...NOT_READY }];
  },
};
