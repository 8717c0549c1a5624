import type { Action } from '../kinds/facet.ts';
import { ask } from '../server/query.ts';

const PATCH = `mutation ($resource: String!, $namespace: String, $name: String!, $patch: JSON!) {
  patchObject(resource: $resource, namespace: $namespace, name: $name, patch: $patch)
}`;

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

/** Sets labels of an object. @param text as of labelsIn */
export const labelAction = (text: string): Action => ({
  id: 'label',
  label: 'Label',
  needs: 'patch',
  run: (place, { resource }) =>
    ask(PATCH, {
      resource,
      namespace: place.namespace,
      name: place.name,
      patch: { metadata: { labels: labelsIn(text) } },
    }),
});
