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

const bindings: Printer = ({ metadata, spec }, now) => {
  const ref = spec?.paramRef;
  const name = ref?.namespace ? `${ref.namespace}/${ref.name ?? '*'}` : (ref?.name ?? '*');
  return [metadata.name, spec?.policyName ?? '', ref ? name : UNSET, since(metadata.creationTimestamp, now)];
};

export const admissionCells: Readonly<Record<string, Printer>> = {
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingadmissionpolicies.admissionregistration.k8s.io': policies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': bindings,
};
