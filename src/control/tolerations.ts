import type { Taint, Toleration } from '../../schema/types.ts';

/** Whether one of the tolerations covers the taint (core/v1 Toleration: empty key with Exists covers all, empty effect any). */
export const tolerates = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some((toleration) => covers(toleration, taint));

export function covers({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return !!key && (!operator || operator === 'Equal') && (value ?? '') === (taint.value ?? '');
}
