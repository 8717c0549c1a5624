/** What a live query (`podsLive`) sends: a result, and then the steps that change it. */
export interface LivePayload<T> {
  type: 'RESULT' | 'CHANGES';
  items?: readonly T[] | null;
  changes: readonly LiveChange<T>[];
  totalCount: number;
  resourceVersion: string;
}
interface LiveChange<T> {
  type: 'ENTER' | 'LEAVE' | 'MOVE' | 'UPDATE';
  from: number | null;
  to: number | null;
  object: T | null;
}

export interface LiveList<T> {
  readonly items: readonly T[];
  readonly totalCount: number;
  readonly resourceVersion: string;
}

/** The list after a payload; items that did not change are the same objects as before. */
export function applyLive<T>(list: LiveList<T> | undefined, payload: LivePayload<T>): LiveList<T> {
  const { totalCount, resourceVersion } = payload;
  if (payload.type === 'RESULT' || !list) return { items: payload.items ?? [], totalCount, resourceVersion };
  const items = [...list.items];
  for (const { type, from, to, object } of payload.changes) {
    const [old] = type === 'ENTER' ? [] : items.splice(from ?? 0, 1);
    const item = object ?? old;
    if (type !== 'LEAVE' && item !== undefined) items.splice(to ?? 0, 0, item);
  }
  return { items, totalCount, resourceVersion };
}
