import { useMemo } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { applyLive, type LiveList, type LivePayload } from '../server/live-list.ts';
import { useQuery } from '../server/use-query.ts';
import { useSubscription } from '../server/use-subscription.ts';

export interface WholeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: readonly { apiVersion: string; kind: string; name: string }[];
    finalizers?: readonly string[];
  };
  spec?: unknown;
  status?: { conditions?: readonly Condition[] };
}
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Shown {
  raw: WholeObject;
  yaml: string | null;
}

export interface Found {
  object: Shown | undefined;
  /** everything of it is known, and it is not there */
  gone: boolean;
  error: unknown;
}

const liveOf = ({
  many,
  type,
  namespaced,
}: Kind): string => `subscription One(${namespaced ? '$namespace: String, ' : ''}$where: ${type}Where) {
  live: ${many}Live(${namespaced ? 'namespace: $namespace, ' : ''}where: $where, first: 1) {
    type
    items { raw yaml }
    changes { type from to object { raw yaml } }
    totalCount
    resourceVersion
  }
}`;
const pastOf = ({
  one,
  namespaced,
}: Kind): string => `query One(${namespaced ? '$namespace: String, ' : ''}$name: String!, $asOf: String) {
  one: ${one}(${namespaced ? 'namespace: $namespace, ' : ''}name: $name, asOf: $asOf) { raw yaml }
}`;

const reduce = (before: LiveList<Shown> | undefined, { live }: { live: LivePayload<Shown> }): LiveList<Shown> =>
  applyLive(before, live);

/** One object, live, or as it was. A kind that cannot be watched is read once. */
export function useObject(kind: Kind, { namespace, name }: Place, at: string | undefined): Found {
  const documents = useMemo(() => ({ live: liveOf(kind), past: pastOf(kind) }), [kind]);
  const asks = at !== undefined || !kind.verbs.includes('watch');
  const live = useSubscription<{ live: LivePayload<Shown> }, LiveList<Shown>>(
    asks ? undefined : documents.live,
    { ...(kind.namespaced && { namespace }), where: { metadata: { name: { eq: name } } } },
    reduce,
  );
  const past = useQuery<{ one: Shown | null }>(asks ? documents.past : undefined, {
    ...(kind.namespaced && { namespace }),
    name,
    ...(at !== undefined && { asOf: at }),
  });
  if (asks) return { object: past.data?.one ?? undefined, gone: !past.loading && !past.data?.one, error: past.error };
  const [object] = live.state?.items ?? [];
  return { object, gone: live.state !== undefined && !object, error: live.error };
}
