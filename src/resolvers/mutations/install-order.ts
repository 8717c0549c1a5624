import type { Kind } from '../../kinds/kind.ts';

/**
 * What is needed comes before what needs it: the order in which helm installs kinds, as resources. What is not here
 * comes after all of them, as instances of custom kinds need their operators.
 * Source: InstallOrder of helm's pkg/releaseutil.
 */
const ORDER = [
  'priorityclasses.scheduling.k8s.io',
  'namespaces',
  'networkpolicies.networking.k8s.io',
  'resourcequotas',
  'limitranges',
  'poddisruptionbudgets.policy',
  'serviceaccounts',
  'secrets',
  'configmaps',
  'storageclasses.storage.k8s.io',
  'persistentvolumes',
  'persistentvolumeclaims',
  'customresourcedefinitions.apiextensions.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'services',
  'daemonsets.apps',
  'pods',
  'replicationcontrollers',
  'replicasets.apps',
  'deployments.apps',
  'horizontalpodautoscalers.autoscaling',
  'statefulsets.apps',
  'jobs.batch',
  'cronjobs.batch',
  'ingressclasses.networking.k8s.io',
  'ingresses.networking.k8s.io',
  'apiservices.apiregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
];
const ranks = new Map(ORDER.map((resource, i) => [resource, i]));

/** The place of a kind in the order of installation; what is deleted goes the other way. */
export const installRank = ({ storage }: Kind): number => ranks.get(storage.key) ?? ORDER.length;
