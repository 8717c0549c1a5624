import type { Kind } from '../server/kind.ts';
import { roleBindings, roles, serviceAccounts } from './access.ts';
import { definitions, events, namespaces } from './cluster.ts';
import { configMaps, secrets } from './configuration.ts';
import type { Facet } from './facet.ts';
import { autoscalers, disruptionBudgets, limitRanges, resourceQuotas } from './limits.ts';
import { endpointSlices, ingresses, networkPolicies, services } from './network.ts';
import { nodes } from './nodes.ts';
import { pods } from './pods.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from './storage.ts';
import { cronJobs, daemonSets, deployments, jobs, replicaSets, statefulSets } from './workloads.ts';

/** Kinds that have more to them than every kind has, by resource. */
const FACETS: Readonly<Record<string, Facet>> = {
  pods,
  nodes,
  'deployments.apps': deployments,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'replicasets.apps': replicaSets,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  configmaps: configMaps,
  secrets,
  services,
  'ingresses.networking.k8s.io': ingresses,
  'networkpolicies.networking.k8s.io': networkPolicies,
  'endpointslices.discovery.k8s.io': endpointSlices,
  'roles.rbac.authorization.k8s.io': roles,
  'clusterroles.rbac.authorization.k8s.io': roles,
  'rolebindings.rbac.authorization.k8s.io': roleBindings,
  'clusterrolebindings.rbac.authorization.k8s.io': roleBindings,
  serviceaccounts: serviceAccounts,
  persistentvolumeclaims: persistentVolumeClaims,
  persistentvolumes: persistentVolumes,
  'storageclasses.storage.k8s.io': storageClasses,
  resourcequotas: resourceQuotas,
  limitranges: limitRanges,
  'poddisruptionbudgets.policy': disruptionBudgets,
  'horizontalpodautoscalers.autoscaling': autoscalers,
  namespaces,
  events,
  'customresourcedefinitions.apiextensions.k8s.io': definitions,
};

const PLAIN: Facet = { actions: [] };

export const facetOf = ({ resource }: Pick<Kind, 'resource'>): Facet => FACETS[resource] ?? PLAIN;
