import { useMemo } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { applyLive, type LiveList, type LivePayload } from '../server/live-list.ts';
import type { Way } from '../server/reach.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { useRead } from '../shared/use-read.ts';

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
  status?: unknown;
  /** of a ConfigMap or a Secret */
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
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
    items { raw }
    changes { type from to object { raw } }
    totalCount
    resourceVersion
  }
}`;
const pastOf = ({
  one,
  namespaced,
}: Kind): string => `query One(${namespaced ? '$namespace: String, ' : ''}$name: String!, $asOf: String) {
  one: ${one}(${namespaced ? 'namespace: $namespace, ' : ''}name: $name, asOf: $asOf) { raw }
}`;

const reduce = (before: LiveList<Shown> | undefined, { live }: { live: LivePayload<Shown> }): LiveList<Shown> =>
  applyLive(before, live);

/** One object: live, where one may only read it read again and again, or as it was. */
export function useObject(kind: Kind, { namespace, name }: Place, at: string | undefined, way: Way): Found {
  const documents = useMemo(() => ({ live: liveOf(kind), past: pastOf(kind) }), [kind]);
  const follows = way === 'follow' && at === undefined;
  const reads = Boolean(way) && !follows;
  const live = useSubscription<{ live: LivePayload<Shown> }, LiveList<Shown>>(
    follows ? documents.live : undefined,
    { ...(kind.namespaced && { namespace }), where: { metadata: { name: { eq: name } } } },
    reduce,
  );
  const read = useRead<{ one: Shown | null }>(
    reads ? documents.past : undefined,
    { ...(kind.namespaced && { namespace }), name },
    at,
  );
  if (reads) return { object: read.data?.one ?? undefined, gone: !read.loading && !read.data?.one, error: read.error };
  const [object] = live.state?.items ?? [];
  return { object, gone: live.state !== undefined && !object, error: live.error };
}
