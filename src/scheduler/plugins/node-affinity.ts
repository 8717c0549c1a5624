import type { Pod } from '../../../schema/types.ts';
import { matchesNode, matchesTerm } from '../../rules/node-selector.ts';
import { normalizeToHighest, reject, type Plugin } from '../plugin.ts';

/** Node selector and node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  events: [
    {
      resource: 'nodes',
      on: ['add', 'update'],
      helps: (pod, node, old) => !!node && matchesNode(pod, node) && !(old && matchesNode(pod, old)),
    },
  ],
  prepareFilter({ pod }) {
    const affinity = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!affinity && !Object.keys(pod.spec?.nodeSelector ?? {}).length) return undefined;
    const nodes = namedNodes(pod);
    if (nodes?.size === 0) return { state: true, reject: reject('pod affinity terms conflict', true) };
    return { state: true, nodes };
  },
  filter: (_state, { pod }, { node }) =>
    matchesNode(pod, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector", true),
  score: {
    weight: 2,
    prepare({ pod }) {
      const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      return terms?.length ? terms : undefined;
    },
    score(terms: NonNullable<ReturnType<typeof preferred>>, _pod, { node }) {
      let score = 0;
      for (const { weight, preference } of terms) if (matchesTerm(preference, node)) score += weight;
      return score;
    },
    normalize: (scores) => normalizeToHighest(scores, false),
  },
};

const preferred = (pod: Pod) => pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;

/** The nodes that the terms name, when every term names some (the pods of a DaemonSet): no other needs to be asked. */
function namedNodes(pod: Pod): Set<string> | undefined {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let names: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      names = new Set(names ? values.filter((value) => names!.has(value)) : values);
    }
    if (!names) return undefined;
    for (const name of names) all.add(name);
  }
  return all;
}
