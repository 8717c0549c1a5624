import type { ObjectLike } from '../meta/object.ts';
import type { Strategy } from './kind.ts';
import { componentStatusStrategy } from './strategies/core/component-status.ts';
import { configMapStrategy } from './strategies/core/config-map.ts';
import { endpointsStrategy } from './strategies/core/endpoints.ts';
import { eventStrategy } from './strategies/core/event.ts';
import { limitRangeStrategy } from './strategies/core/limit-range.ts';
import { namespaceStrategy } from './strategies/core/namespace.ts';
import { nodeStrategy } from './strategies/core/node.ts';
import { persistentVolumeClaimStrategy } from './strategies/core/persistent-volume-claim.ts';
import { persistentVolumeStrategy } from './strategies/core/persistent-volume.ts';
import { podTemplateStrategy } from './strategies/core/pod-template.ts';
import { replicationControllerStrategy } from './strategies/core/replication-controller.ts';
import { resourceQuotaStrategy } from './strategies/core/resource-quota.ts';
import { secretStrategy } from './strategies/core/secret.ts';
import { serviceAccountStrategy } from './strategies/core/service-account.ts';
import { serviceStrategy } from './strategies/core/service.ts';
import { mutatingWebhookStrategy } from './strategies/admissionregistration/mutating-webhook-configuration.ts';
import { mutatingAdmissionPolicyBindingStrategy } from './strategies/admissionregistration/mutating-admission-policy-binding.ts';
import { mutatingAdmissionPolicyStrategy } from './strategies/admissionregistration/mutating-admission-policy.ts';
import { validatingAdmissionPolicyBindingStrategy } from './strategies/admissionregistration/validating-admission-policy-binding.ts';
import { validatingAdmissionPolicyStrategy } from './strategies/admissionregistration/validating-admission-policy.ts';
import { validatingWebhookStrategy } from './strategies/admissionregistration/validating-webhook-configuration.ts';
import { apiServiceStrategy } from './strategies/apiregistration/api-service.ts';
import { certificateSigningRequestStrategy } from './strategies/certificates/certificate-signing-request.ts';
import { customResourceDefinitionStrategy } from './strategies/custom-resource-definition.ts';
import { controllerRevisionStrategy } from './strategies/apps/controller-revision.ts';
import { daemonSetStrategy } from './strategies/apps/daemon-set.ts';
import { deploymentStrategy } from './strategies/apps/deployment.ts';
import { replicaSetStrategy } from './strategies/apps/replica-set.ts';
import { statefulSetStrategy } from './strategies/apps/stateful-set.ts';
import { horizontalPodAutoscalerStrategy } from './strategies/autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobStrategy } from './strategies/batch/cron-job.ts';
import { jobStrategy } from './strategies/batch/job.ts';
import { leaseStrategy } from './strategies/coordination/lease.ts';
import { endpointSliceStrategy } from './strategies/discovery/endpoint-slice.ts';
import { ingressClassStrategy } from './strategies/networking/ingress-class.ts';
import { ingressStrategy } from './strategies/networking/ingress.ts';
import { ipAddressStrategy } from './strategies/networking/ip-address.ts';
import { networkPolicyStrategy } from './strategies/networking/network-policy.ts';
import { serviceCidrStrategy } from './strategies/networking/service-cidr.ts';
import { podDisruptionBudgetStrategy } from './strategies/policy/pod-disruption-budget.ts';
import { flowSchemaStrategy } from './strategies/flowcontrol/flow-schema.ts';
import { priorityLevelConfigurationStrategy } from './strategies/flowcontrol/priority-level-configuration.ts';
import { runtimeClassStrategy } from './strategies/node/runtime-class.ts';
import { clusterRoleBindingStrategy } from './strategies/rbac/cluster-role-binding.ts';
import { clusterRoleStrategy } from './strategies/rbac/cluster-role.ts';
import { roleBindingStrategy } from './strategies/rbac/role-binding.ts';
import { roleStrategy } from './strategies/rbac/role.ts';
import { deviceClassStrategy } from './strategies/resource/device-class.ts';
import { resourceClaimTemplateStrategy } from './strategies/resource/resource-claim-template.ts';
import { resourceClaimStrategy } from './strategies/resource/resource-claim.ts';
import { resourceSliceStrategy } from './strategies/resource/resource-slice.ts';
import { priorityClassStrategy } from './strategies/scheduling/priority-class.ts';
import { storageVersionMigrationStrategy } from './strategies/storagemigration/storage-version-migration.ts';
import { csiDriverStrategy } from './strategies/storage/csi-driver.ts';
import { csiNodeStrategy } from './strategies/storage/csi-node.ts';
import { csiStorageCapacityStrategy } from './strategies/storage/csi-storage-capacity.ts';
import { storageClassStrategy } from './strategies/storage/storage-class.ts';
import { volumeAttachmentStrategy } from './strategies/storage/volume-attachment.ts';
import { volumeAttributesClassStrategy } from './strategies/storage/volume-attributes-class.ts';
import { podStrategy } from './strategies/pod/pod.ts';
import { withStatus } from './strategies/status-split.ts';

/**
 * The rules of each built-in kind that its schema cannot say, by storage key. What is not here has the rules of
 * `defaultStrategy`.
 */
export const strategies: Readonly<Record<string, Strategy<ObjectLike>>> = {
  componentstatuses: componentStatusStrategy,
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
  resourcequotas: resourceQuotaStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy,
  'apiservices.apiregistration.k8s.io': apiServiceStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitionStrategy,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': mutatingWebhookStrategy,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutatingAdmissionPolicyStrategy,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': mutatingAdmissionPolicyBindingStrategy,
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
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemaStrategy,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevelConfigurationStrategy,
  'ingressclasses.networking.k8s.io': ingressClassStrategy,
  'ingresses.networking.k8s.io': ingressStrategy,
  'ipaddresses.networking.k8s.io': ipAddressStrategy,
  'servicecidrs.networking.k8s.io': serviceCidrStrategy,
  'networkpolicies.networking.k8s.io': networkPolicyStrategy,
  'runtimeclasses.node.k8s.io': runtimeClassStrategy,
  'poddisruptionbudgets.policy': podDisruptionBudgetStrategy,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindingStrategy,
  'clusterroles.rbac.authorization.k8s.io': clusterRoleStrategy,
  'rolebindings.rbac.authorization.k8s.io': roleBindingStrategy,
  'roles.rbac.authorization.k8s.io': roleStrategy,
  'deviceclasses.resource.k8s.io': deviceClassStrategy,
  'resourceclaims.resource.k8s.io': resourceClaimStrategy,
  'resourceclaimtemplates.resource.k8s.io': resourceClaimTemplateStrategy,
  'resourceslices.resource.k8s.io': resourceSliceStrategy,
  'priorityclasses.scheduling.k8s.io': priorityClassStrategy,
  'csidrivers.storage.k8s.io': csiDriverStrategy,
  'csinodes.storage.k8s.io': csiNodeStrategy,
  'csistoragecapacities.storage.k8s.io': csiStorageCapacityStrategy,
  'volumeattributesclasses.storage.k8s.io': volumeAttributesClassStrategy,
  'storageclasses.storage.k8s.io': storageClassStrategy,
  'volumeattachments.storage.k8s.io': volumeAttachmentStrategy,
  'storageversionmigrations.storagemigration.k8s.io': storageVersionMigrationStrategy,
};

const PLAIN: Strategy<ObjectLike> = {};
const SPLIT: Strategy<ObjectLike> = withStatus();

/** Kinds with a status subresource keep spec and status apart; others have no rules of their own. */
export const defaultStrategy = (hasStatus: boolean): Strategy<ObjectLike> => (hasStatus ? SPLIT : PLAIN);
