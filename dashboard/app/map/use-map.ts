import { useEffect, useMemo, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { applyLive, type LiveList, type LivePayload } from '../server/live-list.ts';
import { ask } from '../server/query.ts';
import { untilAnswered } from '../server/until-answered.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { useRead } from '../shared/use-read.ts';
import type { Centre } from './graph.ts';
import { FOLLOWED, liveMap, pastMap } from './map-document.ts';
import { FIELDS, relationsIn, type Relation, type TypeFields } from './relations.ts';

type Relations = ReadonlyMap<string, readonly Relation[]>;

/** The relations of a kind and of those that a map follows further, as far as they lead to what one may list. */
function useRelations(
  kind: Kind,
  listable: readonly Kind[] | undefined,
): { relations: Relations | undefined; error: unknown } {
  const [state, setState] = useState<{ relations: Relations | undefined; error: unknown }>({
    relations: undefined,
    error: undefined,
  });
  useEffect(() => {
    if (!listable) return undefined;
    const types = [...new Set([kind.type, ...FOLLOWED])];
    const askAll = () =>
      Promise.all(
        types.map(async (type) => {
          const answer = await ask<{ type: TypeFields | null }>(FIELDS, { type });
          return [type, answer.type ? relationsIn(answer.type, listable) : []] as const;
        }),
      );
    return untilAnswered(askAll, {
      answer: (all) => setState({ relations: new Map(all), error: undefined }),
      error: (error) => setState({ relations: undefined, error }),
    });
  }, [kind.type, listable]);
  return state;
}

const reduce = (before: LiveList<Centre> | undefined, { live }: { live: LivePayload<Centre> }): LiveList<Centre> =>
  applyLive(before, live);

interface Wanted {
  at: string | undefined;
  /** whether objects of the kind may be followed */
  watch: boolean;
  /** kinds that one may list in the object's place; undefined: not known yet */
  listable: readonly Kind[] | undefined;
}

/** An object with what belongs to it: live, where one may only read it read again and again, or as it was. */
export function useMap(
  kind: Kind,
  { namespace, name }: Place,
  { at, watch, listable }: Wanted,
): { centre: Centre | undefined; error: unknown } {
  const { relations, error } = useRelations(kind, listable);
  const asks = at !== undefined || !watch;
  const document = useMemo(
    () => relations && (asks ? pastMap(kind, relations) : liveMap(kind, relations)),
    [kind, relations, asks],
  );
  const where = { metadata: { name: { eq: name } } };
  const live = useSubscription<{ live: LivePayload<Centre> }, LiveList<Centre>>(
    asks ? undefined : document,
    { ...(kind.namespaced && { namespace }), where },
    reduce,
  );
  const read = useRead<{ one: Centre | null }>(
    asks ? document : undefined,
    { ...(kind.namespaced && { namespace }), name },
    at,
  );
  return {
    centre: asks ? (read.data?.one ?? undefined) : live.state?.items[0],
    error: error ?? (asks ? read.error : live.error),
  };
}
