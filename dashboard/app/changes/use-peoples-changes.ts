import { useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Kind } from '../server/kind.ts';
import { ask } from '../server/query.ts';
import { untilAnswered } from '../server/until-answered.ts';
import { useTick } from '../shared/tick.ts';
import { useNamespaces } from '../shared/use-namespaces.ts';
import { CHANGES, isOfStatus, momentOf, type Change } from './change.ts';
import { peoplesChanges, type ChangesPage, type Known } from './peoples-changes.ts';
import { quietKinds } from './quiet-kinds.ts';

/** Changes of a page. */
const PAGE = 50;

interface Shown {
  data: readonly Change[] | undefined;
  error: unknown;
}

/**
 * What people, and programs in their name, changed lately where one looks, newest first: not what controllers, nodes and
 * the scheduler make of it.
 * @param listable the kinds that one may list
 * @param enough so many
 * @param every between two questions, ms: each has its price, as the server compares what was with what is
 */
export function usePeoplesChanges(listable: readonly Kind[], enough: number, every: number): Shown {
  const { at } = useSearch({ strict: false });
  const namespaces = useNamespaces();
  const kinds = useMemo(() => quietKinds(listable), [listable]);
  const key = JSON.stringify([kinds, namespaces, at]);
  const known = useRef<{ key: string; found: Known }>(undefined);
  const [shown, setShown] = useState<Shown & { key: string }>({ data: undefined, error: undefined, key });
  const tick = useTick(every);
  useEffect(() => {
    if (!kinds.length) return undefined;
    const { revision, until } = momentOf(at);
    const isWanted = (change: Change): boolean =>
      !change.ofCluster && !isOfStatus(change) && (revision === undefined || BigInt(change.revision) <= revision);
    const page = async (after: string | undefined): Promise<ChangesPage> => {
      const variables = { ...(namespaces.length > 0 && { namespaces }), ...(until && { until }), kinds, first: PAGE };
      return (await ask<{ changes: ChangesPage }>(CHANGES, { ...variables, ...(after && { after }) })).changes;
    };
    const before = known.current?.key === key ? known.current.found : undefined;
    return untilAnswered(() => peoplesChanges(page, isWanted, enough, before), {
      answer(found) {
        known.current = { key, found };
        setShown({ data: found.changes, error: undefined, key });
      },
      error: (error) => setShown({ data: before?.changes, error, key }),
    });
  }, [key, enough, tick]);
  return shown.key === key ? shown : { data: undefined, error: undefined };
}
