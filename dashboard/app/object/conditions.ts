import type { Condition } from './use-object.ts';

/** Conditions that are shown, of a list that may have any length. */
const MOST = 50;

/** The conditions of an object. A custom kind may have anything in their place: what is none is left out. */
export function conditionsIn(status: unknown): Condition[] {
  const conditions = (status as { conditions?: unknown } | null | undefined)?.conditions;
  if (!Array.isArray(conditions)) return [];
  return conditions.slice(0, MOST).flatMap((each: Record<string, unknown> | null): Condition[] => {
    const text = (field: string): string => (typeof each?.[field] === 'string' ? each[field] : '');
    const [type, status] = [text('type'), text('status')];
    if (!type) return [];
    const [reason, message, lastTransitionTime] = ['reason', 'message', 'lastTransitionTime'].map(text);
    return [
      { type, status, reason: reason ?? '', message: message ?? '', lastTransitionTime: lastTransitionTime ?? '' },
    ];
  });
}
