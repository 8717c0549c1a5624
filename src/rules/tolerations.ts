import type { Taint, Toleration } from '../../schema/types.ts';

/** Whether one of the tolerations tolerates the taint (component-helpers TolerationsTolerateTaint). */
export const tolerates = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  tolerations?.some((toleration) => covers(toleration, taint)) ?? false;

/**
 * Whether the toleration tolerates the taint: an empty effect or key stands for any, `Exists` for any value. `Lt` and
 * `Gt` tolerate nothing: the gate TaintTolerationComparisonOperators is closed in 1.35. Source: core/v1 ToleratesTaint.
 */
export function covers({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (!operator || operator === 'Equal') && (value ?? '') === (taint.value ?? '');
}

/** Whether the taint keeps pods off its node: `PreferNoSchedule` only makes it less welcome. */
export const isHardTaint = ({ effect }: Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute';
