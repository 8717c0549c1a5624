import { useEffect, useMemo, useRef } from 'react';
import type { Kind } from '../server/kind.ts';
import { applyLive, type LiveList, type LivePayload } from '../server/live-list.ts';
import { liveDocument, pastDocument, type Row } from '../server/objects.ts';
import { useQuery } from '../server/use-query.ts';
import { useSubscription } from '../server/use-subscription.ts';

export interface Wanted {
  /** false: not yet known what is wanted, so that nothing is asked */
  known?: boolean;
  /** none: all */
  namespaces: readonly string[];
  labelSelector?: string | undefined;
  where?: unknown;
  orderBy?: unknown;
  first: number;
  /** a moment in the past; undefined: now, and as it changes */
  at?: string | undefined;
  /** further fields of a row */
  extra?: string;
}

export interface Listed extends LiveList<Row> {
  readonly error: unknown;
  readonly loading: boolean;
}

const EMPTY: LiveList<Row> = { items: [], totalCount: 0, resourceVersion: '' };

const reduce = (before: LiveList<Row> | undefined, { live }: { live: LivePayload<Row> }): LiveList<Row> =>
  applyLive(before, live);

/** The objects of a kind, live, or as they were at a moment. */
export function useList(
  kind: Kind,
  { namespaces, labelSelector, where, orderBy, first, at, extra, known = true }: Wanted,
): Listed {
  const documents = useMemo(
    () => ({ live: liveDocument(kind, extra), past: pastDocument(kind, extra) }),
    [kind, extra],
  );
  const variables = {
    ...(kind.namespaced && namespaces.length > 0 && { namespaces }),
    ...(labelSelector && { labelSelector }),
    ...(where !== undefined && { where }),
    ...(orderBy !== undefined && { orderBy }),
    first,
  };
  const live = useSubscription<{ live: LivePayload<Row> }, LiveList<Row>>(
    known && at === undefined ? documents.live : undefined,
    variables,
    reduce,
  );
  // more of the same list is asked anew: until it comes the rows stay, and with them the place that one has scrolled to
  const same = JSON.stringify([kind.resource, extra, { ...variables, first: 0 }]);
  const kept = useRef<{ same: string; list: LiveList<Row> }>(undefined);
  useEffect(() => {
    if (live.state) kept.current = { same, list: live.state };
  }, [live.state]);
  const before = kept.current?.same === same ? kept.current.list : undefined;
  const past = useQuery<{ page: LiveList<Row> }>(known && at !== undefined ? documents.past : undefined, {
    ...variables,
    asOf: at,
  });
  if (at !== undefined) return { ...(past.data?.page ?? EMPTY), error: past.error, loading: past.loading };
  return { ...(live.state ?? before ?? EMPTY), error: live.error, loading: !live.state && !live.error };
}
