import type { Kind } from '../../../kinds/kind.ts';
import { isDeployment, type Workload } from './workload.ts';

/** How far a rollout is, in the words of `kubectl rollout status`. */
export interface RolloutStatus {
  done: boolean;
  /** it will not come to its end by itself, or has none */
  failed: boolean;
  message: string;
}

const waiting = (message: string): RolloutStatus => ({ done: false, failed: false, message });
const finished = (message: string): RolloutStatus => ({ done: true, failed: false, message });
const failed = (message: string): RolloutStatus => ({ done: false, failed: true, message });

/** Source: kubectl's polymorphichelpers/rollout_status.go. */
export function rolloutStatus(kind: Kind, workload: Workload): RolloutStatus {
  if (isDeployment(kind)) return deploymentStatus(workload);
  return kind.storage.key === 'daemonsets.apps' ? daemonSetStatus(workload) : statefulSetStatus(workload);
}

function deploymentStatus({ metadata, spec, status = {} }: Workload): RolloutStatus {
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return waiting('Waiting for deployment spec update to be observed...');
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return failed(`deployment ${name} exceeded its progress deadline`);
  const wait = (why: string) => waiting(`Waiting for deployment ${name} rollout to finish: ${why}...`);
  const wanted = spec?.replicas;
  if (wanted !== undefined && updatedReplicas < wanted)
    return wait(`${updatedReplicas} out of ${wanted} new replicas have been updated`);
  if (replicas > updatedReplicas) return wait(`${replicas - updatedReplicas} old replicas are pending termination`);
  if (availableReplicas < updatedReplicas)
    return wait(`${availableReplicas} of ${updatedReplicas} updated replicas are available`);
  return finished(`deployment ${name} successfully rolled out`);
}

const ROLLING_ONLY = failed('rollout status is only available for RollingUpdate strategy type');

function daemonSetStatus({ metadata, spec, status = {} }: Workload): RolloutStatus {
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return ROLLING_ONLY;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return waiting('Waiting for daemon set spec update to be observed...');
  const name = JSON.stringify(metadata.name);
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = status;
  const wait = (why: string) => waiting(`Waiting for daemon set ${name} rollout to finish: ${why}...`);
  if (updatedNumberScheduled < desiredNumberScheduled)
    return wait(`${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated`);
  if (numberAvailable < desiredNumberScheduled)
    return wait(`${numberAvailable} of ${desiredNumberScheduled} updated pods are available`);
  return finished(`daemon set ${name} successfully rolled out`);
}

function statefulSetStatus({ metadata, spec, status = {} }: Workload): RolloutStatus {
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return ROLLING_ONLY;
  const observed = status.observedGeneration ?? 0;
  if (observed === 0 || (metadata.generation ?? 0) > observed)
    return waiting('Waiting for statefulset spec update to be observed...');
  const { readyReplicas = 0, updatedReplicas = 0, currentReplicas = 0 } = status;
  const wanted = spec.replicas;
  if (wanted !== undefined && readyReplicas < wanted)
    return waiting(`Waiting for ${wanted - readyReplicas} pods to be ready...`);
  const { rollingUpdate } = spec.updateStrategy;
  if (rollingUpdate) {
    const rest = (wanted ?? 0) - (rollingUpdate.partition ?? 0);
    if (wanted !== undefined && rollingUpdate.partition !== undefined && updatedReplicas < rest)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${rest} new pods have been updated...`,
      );
    return finished(`partitioned roll out complete: ${updatedReplicas} new pods have been updated...`);
  }
  if (status.updateRevision !== status.currentRevision)
    return waiting(
      `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${status.updateRevision ?? ''}...`,
    );
  return finished(
    `statefulset rolling update complete ${currentReplicas} pods at revision ${status.currentRevision ?? ''}...`,
  );
}
