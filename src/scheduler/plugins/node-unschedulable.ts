import { tolerates } from '../../rules/tolerations.ts';
import { reject, type Plugin } from '../plugin.ts';

/** Nodes that are cordoned. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  events: [{ resource: 'nodes', on: ['add', 'update'], helps: (_pod, node) => !node?.spec?.unschedulable }],
  filter(_state, { pod }, { node }) {
    const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
    if (!node.spec?.unschedulable || tolerates(pod.spec?.tolerations, taint)) return undefined;
    return reject('node(s) were unschedulable', true);
  },
};
