import type { PodCondition, PodStatus } from '../../../schema/types.ts';

/**
 * The status with a condition in place of the one of its type (UpdatePodCondition). One that was so before keeps the time
 * since when it is.
 */
export function withPodCondition(status: PodStatus, condition: PodCondition): PodStatus {
  const conditions = status.conditions ?? [];
  const at = conditions.findIndex(({ type }) => type === condition.type);
  if (at < 0) return { ...status, conditions: [...conditions, condition] };
  const { observedGeneration, status: before, lastTransitionTime } = conditions[at]!;
  const next: PodCondition = {
    ...condition,
    ...(observedGeneration && { observedGeneration }),
    ...(before === condition.status && lastTransitionTime && { lastTransitionTime }),
  };
  return { ...status, conditions: conditions.with(at, next) };
}
