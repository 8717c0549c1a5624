interface AnyCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * The list with `condition` in it. One that says the same (status and reason) stays as it is; otherwise the new one goes
 * to the end, and keeps the old transition time where its status did not change. As the workload controllers do it.
 */
export function withCondition<T extends AnyCondition>(conditions: readonly T[] | undefined, condition: T): T[] {
  const current = conditions?.find(({ type }) => type === condition.type);
  if (current && current.status === condition.status && current.reason === condition.reason) return [...conditions!];
  const added =
    current?.status === condition.status ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
  return [...withoutCondition(conditions, condition.type), added];
}

export const withoutCondition = <T extends AnyCondition>(conditions: readonly T[] | undefined, type: string): T[] =>
  (conditions ?? []).filter((condition) => condition.type !== type);

export const conditionOf = <T extends AnyCondition>(
  conditions: readonly T[] | undefined,
  type: string,
): T | undefined => conditions?.find((condition) => condition.type === type);
