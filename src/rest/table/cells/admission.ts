import type { LabelSelectorLike } from '../../../meta/labels.ts';
import type { Printer } from '../printer.ts';
import { since, UNSET } from './shared.ts';

const webhooks: Printer = (object, now) => [
  object.metadata.name,
  object.webhooks?.length ?? 0,
  since(object.metadata.creationTimestamp, now),
];

const policies: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.validations?.length ?? 0,
  spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : UNSET,
  since(metadata.creationTimestamp, now),
];

/** A selector as Go's generated code prints it. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelectorLike): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
    .join('');
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

const bindings: Printer = ({ metadata, spec }, now) => {
  const ref = spec?.paramRef;
  // whether parameters have a namespace cannot be told from here
  const params = ref?.name ? `${ref.namespace || '*'}/${ref.name}` : ref?.selector ? goSelector(ref.selector) : UNSET;
  return [metadata.name, spec?.policyName ?? '', params, since(metadata.creationTimestamp, now)];
};

export const admissionCells: Readonly<Record<string, Printer>> = {
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingadmissionpolicies.admissionregistration.k8s.io': policies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': bindings,
};
