import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Kind } from '../server/kind.ts';
import { useQuery, type Asked } from '../server/use-query.ts';
import { useTick } from '../shared/tick.ts';
import { useNamespaces } from '../shared/use-namespaces.ts';
import { CHANGES, isOfStatus, momentOf, type Change } from './change.ts';
import { quietKinds } from './quiet-kinds.ts';

/**
 * What has changed where one looks, newest first; of the past what had changed until then.
 * @param listable the kinds that one may list
 * @param kind of this kind alone, by its resource; none: of all that people look for
 * @param every between two questions, ms: each has its price, as the server compares what was with what is
 * @param status also what was only noted in a status; of what is asked for it leaves the others out
 * @returns also whether that leaves nothing
 */
export function useChanges(
  listable: readonly Kind[],
  { first, every, user, kind, status }: { first: number; every: number; user?: string; kind?: string; status: boolean },
): Asked<readonly Change[]> & { onlyStatus: boolean } {
  const { at } = useSearch({ strict: false });
  const namespaces = useNamespaces();
  const quiet = useMemo(() => quietKinds(listable), [listable]);
  const { revision, until } = momentOf(at);
  const { data, error, loading } = useQuery<{ changes: { items: readonly Change[] } }>(
    quiet.length ? CHANGES : undefined,
    {
      ...(namespaces.length > 0 && { namespaces }),
      ...(user && { user }),
      ...(until && { until }),
      kinds: kind ? [kind] : quiet,
      first,
    },
    useTick(every),
  );
  const items = data?.changes.items;
  const shown = useMemo(
    () =>
      items?.filter(
        (each) => (revision === undefined || BigInt(each.revision) <= revision) && (status || !isOfStatus(each)),
      ),
    [items, revision, status],
  );
  return { data: shown, error, loading, onlyStatus: items !== undefined && items.length > 0 && shown?.length === 0 };
}
