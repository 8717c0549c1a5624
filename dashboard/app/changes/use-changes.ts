import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { namespacesIn } from '../search-params.ts';
import type { Kind } from '../server/kind.ts';
import { useQuery, type Asked } from '../server/use-query.ts';
import { useTick } from '../shared/tick.ts';
import { CHANGE_FIELDS, type Change } from './change-list.tsx';
import { quietKinds } from './quiet-kinds.ts';

const CHANGES = `query Changes($namespaces: [String!], $user: String, $kinds: [String!], $first: Int, $until: Time) {
  changes(namespaces: $namespaces, user: $user, kinds: $kinds, first: $first, until: $until) {
    items {
        ${CHANGE_FIELDS}
    }
  }
}`;

/** Between two questions for what has changed, ms. */
const ASK_MS = 2000;

/**
 * What has changed where one looks, newest first; of the past what had changed until then.
 * @param listable the kinds that one may list
 * @param kind of this kind alone, by its resource; none: of all that people look for
 */
export function useChanges(
  listable: readonly Kind[],
  { first, user, kind }: { first: number; user?: string; kind?: string },
): Asked<readonly Change[]> {
  const { ns, at } = useSearch({ strict: false });
  const namespaces = useMemo(() => namespacesIn(ns === undefined ? {} : { ns }), [ns]);
  const quiet = useMemo(() => quietKinds(listable), [listable]);
  const revision = at !== undefined && /^\d+$/.test(at) ? BigInt(at) : undefined;
  const { data, error, loading } = useQuery<{ changes: { items: readonly Change[] } }>(
    CHANGES,
    {
      ...(namespaces.length > 0 && { namespaces }),
      ...(user && { user }),
      ...(at !== undefined && revision === undefined && { until: at }),
      kinds: kind ? [kind] : quiet,
      first,
    },
    useTick(ASK_MS),
  );
  const items = data?.changes.items;
  const shown = useMemo(
    () => (revision === undefined ? items : items?.filter((each) => BigInt(each.revision) <= revision)),
    [items, revision],
  );
  return { data: shown, error, loading };
}
