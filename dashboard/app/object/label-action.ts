import type { Action } from '../kinds/facet.ts';
import { patch } from '../server/patch.ts';

/** `a=b c-`: labels to be set, and those to be taken away, as kubectl label has them. Throws where it is neither. */
export function labelsIn(text: string): Record<string, string | null> {
  const labels: Record<string, string | null> = {};
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const at = word.indexOf('=');
    if (at > 0) labels[word.slice(0, at)] = word.slice(at + 1);
    else if (at < 0 && word.endsWith('-') && word.length > 1) labels[word.slice(0, -1)] = null;
    else throw new Error(`${word}: key=value sets a label, key- takes it away`);
  }
  return labels;
}

function problemOf(text: string): string | undefined {
  try {
    return Object.keys(labelsIn(text)).length ? undefined : 'a label';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Sets labels of an object, which every kind has. */
export const labelAction: Action = {
  id: 'label',
  label: 'Label',
  needs: 'patch',
  text: {
    label: 'Labels',
    placeholder: 'tier=web old-',
    description: 'key=value sets one, key- takes it away',
    problem: problemOf,
  },
  run: (place, { resource }, { text }) => patch(resource, place, { metadata: { labels: labelsIn(text) } }),
};
