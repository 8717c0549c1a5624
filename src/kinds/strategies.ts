import type { Strategy } from './kind.ts';
import { configMapStrategy, namespaceStrategy, nodeStrategy, secretStrategy, serviceAccountStrategy } from './strategies/core.ts';
import {
  mutatingWebhookStrategy,
  validatingAdmissionPolicyBindingStrategy,
  validatingAdmissionPolicyStrategy,
  validatingWebhookStrategy,
} from './strategies/admissionregistration.ts';
import { customResourceDefinitionStrategy } from './strategies/custom-resource-definition.ts';
import { cronJobStrategy, jobStrategy } from './strategies/batch.ts';
import { eventStrategy } from './strategies/event.ts';
import { endpointSliceStrategy, endpointsStrategy, ingressClassStrategy, ingressStrategy, networkPolicyStrategy } from './strategies/networking.ts';
import {
  certificateSigningRequestStrategy,
  horizontalPodAutoscalerStrategy,
  leaseStrategy,
  podDisruptionBudgetStrategy,
  priorityClassStrategy,
  runtimeClassStrategy,
} from './strategies/policy.ts';
import { clusterRoleBindingStrategy, clusterRoleStrategy, roleBindingStrategy, roleStrategy } from './strategies/rbac.ts';
import {
  csiDriverStrategy,
  csiNodeStrategy,
  limitRangeStrategy,
  persistentVolumeClaimStrategy,
  persistentVolumeStrategy,
  storageClassStrategy,
  volumeAttachmentStrategy,
} from './strategies/storage.ts';
import { podStrategy } from './strategies/pod/pod.ts';
import { serviceStrategy } from './strategies/service.ts';
import {
  controllerRevisionStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  podTemplateStrategy,
  replicaSetStrategy,
  replicationControllerStrategy,
  statefulSetStrategy,
} from './strategies/workloads.ts';
import { withStatus } from './strategies/status-split.ts';

/**
 * The rules of each built-in kind that its schema cannot say, by storage key. What is not here has the rules of
 * `defaultStrategy`.
 */
export const strategies: Readonly<Record<string, Strategy>> = {
  configmaps: configMapStrategy,
  endpoints: endpointsStrategy,
  events: eventStrategy,
  limitranges: limitRangeStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  persistentvolumeclaims: persistentVolumeClaimStrategy,
  persistentvolumes: persistentVolumeStrategy,
  pods: podStrategy,
  podtemplates: podTemplateStrategy,
  replicationcontrollers: replicationControllerStrategy,
  resourcequotas: withStatus({ generation: false }),
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy,
  'apiservices.apiregistration.k8s.io': withStatus({ generation: false, unconditionalUpdate: false }),
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitionStrategy,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': mutatingWebhookStrategy,
  'validatingadmissionpolicies.admissionregistration.k8s.io': validatingAdmissionPolicyStrategy,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': validatingAdmissionPolicyBindingStrategy,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': validatingWebhookStrategy,
  'controllerrevisions.apps': controllerRevisionStrategy,
  'daemonsets.apps': daemonSetStrategy,
  'deployments.apps': deploymentStrategy,
  'replicasets.apps': replicaSetStrategy,
  'statefulsets.apps': statefulSetStrategy,
  'horizontalpodautoscalers.autoscaling': horizontalPodAutoscalerStrategy,
  'cronjobs.batch': cronJobStrategy,
  'jobs.batch': jobStrategy,
  'certificatesigningrequests.certificates.k8s.io': certificateSigningRequestStrategy,
  'leases.coordination.k8s.io': leaseStrategy,
  'endpointslices.discovery.k8s.io': endpointSliceStrategy,
  'ingressclasses.networking.k8s.io': ingressClassStrategy,
  'ingresses.networking.k8s.io': ingressStrategy,
  'ipaddresses.networking.k8s.io': { generation: false },
  'servicecidrs.networking.k8s.io': withStatus({ generation: false }),
  'networkpolicies.networking.k8s.io': networkPolicyStrategy,
  'runtimeclasses.node.k8s.io': runtimeClassStrategy,
  'poddisruptionbudgets.policy': podDisruptionBudgetStrategy,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindingStrategy,
  'clusterroles.rbac.authorization.k8s.io': clusterRoleStrategy,
  'rolebindings.rbac.authorization.k8s.io': roleBindingStrategy,
  'roles.rbac.authorization.k8s.io': roleStrategy,
  'resourceclaims.resource.k8s.io': withStatus({ generation: false }),
  'resourceclaimtemplates.resource.k8s.io': { generation: false },
  'priorityclasses.scheduling.k8s.io': priorityClassStrategy,
  'csidrivers.storage.k8s.io': csiDriverStrategy,
  'csinodes.storage.k8s.io': csiNodeStrategy,
  'csistoragecapacities.storage.k8s.io': { generation: false, unconditionalUpdate: false },
  'volumeattributesclasses.storage.k8s.io': { generation: false },
  'storageclasses.storage.k8s.io': storageClassStrategy,
  'volumeattachments.storage.k8s.io': volumeAttachmentStrategy,
};

const PLAIN: Strategy = {};
const SPLIT: Strategy = withStatus();

/** Kinds with a status subresource keep spec and status apart; others have no rules of their own. */
export const defaultStrategy = (hasStatus: boolean): Strategy => (hasStatus ? SPLIT : PLAIN);
