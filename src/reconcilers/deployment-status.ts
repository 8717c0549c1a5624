import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../schema/types.ts';
import { conditionOf, withCondition, withoutCondition } from '../control/conditions.ts';
import { timeMs } from '../meta/time.ts';
import { formatTime } from '../meta/time.ts';
import { replicasOf, sumReplicas, sumStatus } from './deployment-sets.ts';
import { maxUnavailable } from './deployment-scale.ts';
import { present } from '../meta/present.ts';

/** What a deployment that does not say may take: `progressDeadlineSeconds` of MaxInt32 means no deadline. */
const NO_DEADLINE = 2 ** 31 - 1;

export const hasDeadline = (deployment: Deployment): boolean =>
  (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE;

export function deploymentCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

/** Counts and the Available condition. `sets` are all sets, the new one among them. */
export function calculateStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = sumStatus(sets, 'availableReplicas');
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const condition = enough
    ? deploymentCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : deploymentCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
  const collisions = deployment.status?.collisionCount;
  const terminating = sets.map((set) => set.status?.terminatingReplicas);
  return {
    ...present({ observedGeneration: deployment.metadata.generation }),
    replicas: sumStatus(sets, 'replicas'),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sumStatus(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(sets) - available),
    // Unknown while one of the sets has not told yet.
    ...(!terminating.includes(undefined) && {
      terminatingReplicas: terminating.reduce((sum: number, n) => sum + n!, 0),
    }),
    ...(collisions !== undefined && { collisionCount: collisions }),
    conditions: withCondition(deployment.status?.conditions, condition),
  };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(old: DeploymentStatus, status: DeploymentStatus): boolean {
  const olds = (of: DeploymentStatus): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    olds(status) < olds(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status.conditions, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return timeMs(condition.lastUpdateTime) + deployment.spec!.progressDeadlineSeconds! * 1000 < now;
}

/** The status with the Progressing and ReplicaFailure conditions of a rollout. */
export function rolloutStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = calculateStatus(deployment, sets, newSet, now);
  if (!hasDeadline(deployment)) status.conditions = withoutCondition(status.conditions, 'Progressing');
  const current = conditionOf(deployment.status?.conditions, 'Progressing');
  const done = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !done) status.conditions = progress(deployment, status, newSet, current, now);
  const failure = [...(newSet ? [newSet] : []), ...sets]
    .map((set) => conditionOf(set.status?.conditions, 'ReplicaFailure'))
    .find(Boolean);
  status.conditions = failure
    ? withCondition(status.conditions, {
        ...deploymentCondition('ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '', now),
        ...present({ lastTransitionTime: failure.lastTransitionTime }),
      })
    : withoutCondition(status.conditions, 'ReplicaFailure');
  return status;
}

function progress(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  current: DeploymentCondition | undefined,
  now: number,
): DeploymentCondition[] {
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const condition = deploymentCondition(
      'Progressing',
      'True',
      'NewReplicaSetAvailable',
      `${subject} has successfully progressed.`,
      now,
    );
    return withCondition(status.conditions, condition);
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const condition = deploymentCondition(
      'Progressing',
      'True',
      'ReplicaSetUpdated',
      `${subject} is progressing.`,
      now,
    );
    if (current?.status === 'True')
      Object.assign(condition, present({ lastTransitionTime: current.lastTransitionTime }));
    // Written anew each time: its update time is what the deadline is counted from.
    return withCondition(withoutCondition(status.conditions, 'Progressing'), condition);
  }
  if (hasTimedOut(deployment, status, now)) {
    const condition = deploymentCondition(
      'Progressing',
      'False',
      'ProgressDeadlineExceeded',
      `${subject} has timed out progressing.`,
      now,
    );
    return withCondition(status.conditions, condition);
  }
  return status.conditions ?? [];
}

/** ms until the deadline must be looked at, undefined where none runs. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || !condition || isComplete(deployment, status)) return undefined;
  if (['ProgressDeadlineExceeded', 'NewReplicaSetAvailable'].includes(condition.reason ?? '')) return undefined;
  return Math.max(
    1000,
    timeMs(condition.lastUpdateTime) + deployment.spec!.progressDeadlineSeconds! * 1000 - now + 1000,
  );
}
