import { createContext, use, useMemo } from 'react';
import { useCluster } from './kinds.tsx';
import { reachDocument, reachOf, type Reach } from './reach.ts';
import { useQuery } from './use-query.ts';

/** Of the namespaces that are chosen: the frame of the page asks for it once, for all that is in it. */
export const ReachHere = createContext<Reach | undefined>(undefined);

/** What one may read of the namespaces that are chosen. Only below the frame. */
export function useReach(): Reach {
  const reach = use(ReachHere);
  if (!reach) throw new Error('useReach is used outside of the frame');
  return reach;
}

/** @param namespaces those that are looked at, the same list at each render; none: all */
export function useReachIn(namespaces: readonly string[]): Reach {
  const cluster = useCluster();
  const document = useMemo(() => reachDocument(namespaces), [namespaces]);
  const { data } = useQuery<{ kinds: readonly Record<string, readonly string[]>[] | null }>(
    namespaces.length ? document : undefined,
    Object.fromEntries(namespaces.map((name, n) => [`n${n}`, name])),
  );
  return useMemo(() => {
    const here =
      data &&
      new Map(data.kinds?.map((each) => [String(each['resource']), namespaces.map((_, n) => each[`n${n}`] ?? [])]));
    return reachOf(cluster, namespaces, here);
  }, [cluster, namespaces, data]);
}
