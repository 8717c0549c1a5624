import { panel, type Facet } from './facet.ts';
import { joined, textOf } from './texts.ts';

interface Rule {
  verbs?: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}
interface Subject {
  kind: string;
  namespace?: string;
  name: string;
}

export const roles: Facet = {
  actions: [],
  panels: [
    panel<{ rules?: readonly Rule[] | null }>('Rules', ['May', 'What', 'Of group', 'Only these'], ({ rules }) =>
      (rules ?? []).map(({ verbs, resources, nonResourceURLs, apiGroups, resourceNames }) => [
        joined(verbs),
        joined(resources ?? nonResourceURLs),
        (apiGroups ?? []).map((group) => group || 'core').join(', '),
        joined(resourceNames),
      ]),
    ),
  ],
};

export const roleBindings: Facet = {
  actions: [],
  facts: [
    ['Kind of role', 'roleRef.kind'],
    ['Role', 'roleRef.name'],
  ],
  panels: [
    panel<{ subjects?: readonly Subject[] }>('Who has it', ['Kind', 'Namespace', 'Name'], ({ subjects = [] }) =>
      subjects.map(({ kind, namespace, name }) => [kind, textOf(namespace), name]),
    ),
  ],
};

export const serviceAccounts: Facet = {
  actions: [],
  facts: [
    ['Secrets', 'secrets.name'],
    ['Pull secrets', 'imagePullSecrets.name'],
    ['Token in pods', 'automountServiceAccountToken'],
  ],
};
