/** What the field of a live query (`podsLive`) sends, as far as a document selects it. */
export interface LivePayload<T = unknown> {
  type: 'RESULT' | 'CHANGES';
  items?: readonly T[] | null | undefined;
  changes?: readonly LiveChange<T>[] | null | undefined;
  totalCount?: number | null | undefined;
  resourceVersion?: string | null | undefined;
  resume?: string | null | undefined;
}
/** Places are those that are right when the changes before it have been made. */
export interface LiveChange<T = unknown> {
  type: 'ENTER' | 'LEAVE' | 'MOVE' | 'UPDATE';
  from?: number | null | undefined;
  to?: number | null | undefined;
  object?: T | null | undefined;
}

/** What a live query would answer now. A new object after each payload; items that did not change stay the same. */
export interface LiveList<T = unknown> {
  readonly items: readonly T[];
  readonly totalCount: number | undefined;
  readonly resourceVersion: string | undefined;
}

/** The items of a live query's document: those of the one field that has them. */
export type ItemOf<R> = {
  [F in keyof R]-?: NonNullable<R[F]> extends { items?: infer I }
    ? NonNullable<I> extends readonly (infer T)[]
      ? T
      : never
    : never;
}[keyof R];

const EMPTY: LiveList<never> = { items: [], totalCount: undefined, resourceVersion: undefined };

/** The list after a payload. Throws where changes come that are not of this list, since a wrong list is worse than none. */
export function applyLive<T>(list: LiveList<T> | undefined, payload: LivePayload<T>): LiveList<T> {
  const { totalCount, resourceVersion } = list ?? EMPTY;
  const place = {
    totalCount: payload.totalCount ?? totalCount,
    resourceVersion: payload.resourceVersion ?? resourceVersion,
  };
  if (payload.type === 'RESULT') return { items: payload.items ?? [], ...place };
  if (!list) throw new Error('changes of a live query came before its result');
  const items = [...list.items];
  for (const change of payload.changes ?? []) apply(items, change);
  return { items, ...place };
}

function apply<T>(items: T[], { type, from, to, object }: LiveChange<T>): void {
  const [old] = type === 'ENTER' ? [] : items.splice(placeIn(items.length - 1, from, type), 1);
  if (type === 'LEAVE') return;
  const item = object ?? old;
  if (item === undefined || item === null) throw new Error(`${type} of a live query has no object: select \`object\``);
  items.splice(placeIn(items.length, to, type), 0, item);
}

/** @param last place that there is */
function placeIn(last: number, place: number | null | undefined, type: string): number {
  if (typeof place !== 'number' || place < 0 || place > last)
    throw new Error(`${type} of a live query names place ${String(place)} of ${last + 1}: select \`from\` and \`to\``);
  return place;
}

/** The payload of a live query in a result: that of its one field, whatever it is called there. */
export function livePayloadIn(data: Record<string, unknown>): LivePayload {
  const found = Object.values(data).find(isLivePayload);
  if (!found) throw new Error('the document has no field of a live query with its `type`');
  return found;
}

const isLivePayload = (value: unknown): value is LivePayload =>
  typeof value === 'object' && value !== null && ['RESULT', 'CHANGES'].includes((value as LivePayload).type);
