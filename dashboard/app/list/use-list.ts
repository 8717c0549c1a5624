import { useEffect, useMemo, useRef } from 'react';
import type { Kind } from '../server/kind.ts';
import type { Within } from '../server/reach.ts';
import { applyLive, type LiveList, type LivePayload } from '../server/live-list.ts';
import { liveDocument, pastDocument, type Row } from '../server/objects.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { useRead } from '../shared/use-read.ts';

export interface Wanted {
  /** undefined: nothing is asked, as one may not, or it is not yet known what is wanted */
  within: Within | undefined;
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

/** The objects of a kind: live, where one may only read them read again and again, or as they were at a moment. */
export function useList(kind: Kind, { within, labelSelector, where, orderBy, first, at, extra }: Wanted): Listed {
  const documents = useMemo(
    () => ({ live: liveDocument(kind, extra), past: pastDocument(kind, extra) }),
    [kind, extra],
  );
  const variables = {
    ...(within?.namespaces.length && { namespaces: within.namespaces }),
    ...(labelSelector && { labelSelector }),
    ...(where !== undefined && { where }),
    ...(orderBy !== undefined && { orderBy }),
    first,
  };
  const follows = within !== undefined && at === undefined && within.watch;
  const reads = within !== undefined && !follows;
  const live = useSubscription<{ live: LivePayload<Row> }, LiveList<Row>>(
    follows ? documents.live : undefined,
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
  const read = useRead<{ page: LiveList<Row> }>(reads ? documents.past : undefined, variables, at);
  if (reads) return { ...(read.data?.page ?? EMPTY), error: read.error, loading: read.loading };
  return { ...(live.state ?? before ?? EMPTY), error: live.error, loading: !live.state && !live.error };
}
