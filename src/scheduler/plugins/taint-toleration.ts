import type { Node, Pod } from '../../../schema/types.ts';
import { covers, isHardTaint, tolerates } from '../../rules/tolerations.ts';
import { normalizeToHighest, reject, type Plugin } from '../plugin.ts';

/** Taints keep pods away that do not tolerate them; PreferNoSchedule ones only make the node less welcome. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  events: [
    {
      resource: 'nodes',
      on: ['add', 'update'],
      helps: (pod, node, old) => !!node && isWelcome(pod, node) && !(old && isWelcome(pod, old)),
    },
  ],
  filter(_state, { pod }, { node }) {
    return isWelcome(pod, node) ? undefined : reject('node(s) had untolerated taint(s)', true);
  },
  score: {
    weight: 3,
    score(_state, { pod }, { node }) {
      const soft = (pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
      const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule');
      return taints.filter((taint) => !soft.some((toleration) => covers(toleration, taint))).length;
    },
    normalize: (scores) => normalizeToHighest(scores, true),
  },
};

const isWelcome = (pod: Pod, node: Node): boolean =>
  (node.spec?.taints ?? []).every((taint) => !isHardTaint(taint) || tolerates(pod.spec?.tolerations, taint));
