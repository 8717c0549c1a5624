import type { Pod } from '../../schema/types.ts';
import { conditionOf, withCondition, withoutCondition } from '../control/conditions.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { present } from '../meta/present.ts';
import { formatTime } from '../meta/time.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminating } from '../rules/pods.ts';
import type { Replicas, ReplicasKind } from './replicas-kind.ts';

/** A create or a delete that failed, as the condition ReplicaFailure tells it. */
export interface ReplicaFailure {
  reason: 'FailedCreate' | 'FailedDelete';
  error: unknown;
}

/** Counts a set's pods and writes what has changed. @param claimed its pods before this reconcile made or deleted any */
export async function writeReplicasStatus(
  kind: ReplicasKind,
  set: Replicas,
  claimed: readonly Pod[],
  failure: ReplicaFailure | undefined,
  ctx: Context,
): Promise<void> {
  const now = ctx.clock.now();
  const minReady = set.spec?.minReadySeconds ?? 0;
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const active = claimed.filter(isPodActive);
  const old = set.status ?? { replicas: 0 };
  const conditions = conditionsWith(old.conditions, failure, now);
  const status: NonNullable<Replicas['status']> = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReady, now)).length,
    ...(kind.kind === 'ReplicaSet' && { terminatingReplicas: claimed.filter(isPodTerminating).length }),
    ...present({ observedGeneration: set.metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
  if (!semanticEqual({ fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...old }, status))
    await unlessGone(ctx.client.update(kind.resource, { ...set, status }, 'status'));
  // A pod becomes available by the passing of time alone, of which no event tells.
  if (minReady > 0 && status.readyReplicas !== status.availableReplicas) ctx.enqueueAfter(keyOf(set), minReady * 1000);
}

type Conditions = NonNullable<NonNullable<Replicas['status']>['conditions']>;

/** The first failure stays until there is none. */
function conditionsWith(old: Conditions | undefined, failure: ReplicaFailure | undefined, now: number): Conditions {
  if (!failure) return withoutCondition(old, 'ReplicaFailure');
  if (old && conditionOf(old, 'ReplicaFailure')) return old;
  return withCondition(old, {
    type: 'ReplicaFailure',
    status: 'True',
    reason: failure.reason,
    message: errorMessage(failure.error),
    lastTransitionTime: formatTime(now),
  });
}
