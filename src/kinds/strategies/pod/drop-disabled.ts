import type { Container, PodSpec, PodStatus } from '../../../../schema/types.ts';
import type { Parts } from '../../../meta/object.ts';

/**
 * Fields that Kubernetes 1.35 serves but does not take, because the feature behind them is off by default: workloadRef
 * (GenericWorkload), lifecycle.stopSignal (ContainerStopSignals), projections of certificates (PodCertificateRequest) and
 * of trust bundles (ClusterTrustBundleProjection). Changes `spec`, of a pod or of a template.
 */
export function dropDisabledFields(spec: Parts<PodSpec> | undefined): void {
  if (!spec) return;
  if (spec.workloadRef) delete spec.workloadRef;
  for (const list of [spec.containers, spec.initContainers])
    for (const container of list ?? []) dropStopSignal(container);
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      if (source.podCertificate) delete source.podCertificate;
      if (source.clusterTrustBundle) delete source.clusterTrustBundle;
    }
  }
}

function dropStopSignal(container: Parts<Container>): void {
  const { lifecycle } = container;
  if (lifecycle?.stopSignal === undefined) return;
  delete lifecycle.stopSignal;
  if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
}

/**
 * The same for a status: resources of the pod as a whole (InPlacePodLevelResourcesVerticalScaling), health of devices
 * (ResourceHealthStatus), stop signals and claims for extended resources (DRAExtendedResource). Changes `status`.
 */
export function dropDisabledStatus(status: Parts<PodStatus>): void {
  delete status.allocatedResources;
  delete status.resources;
  delete status.extendedResourceClaimStatus;
  for (const list of [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses]) {
    for (const container of list ?? []) {
      delete container.allocatedResourcesStatus;
      delete container.stopSignal;
    }
  }
}
