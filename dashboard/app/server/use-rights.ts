import { useMemo } from 'react';
import type { Kind } from './kind.ts';
import { useCluster } from './kinds.tsx';
import { rightsDocument, rightsIn, type Rights } from './rights.ts';
import { useQuery } from './use-query.ts';

/** In all namespaces. */
const EVERYWHERE: readonly string[] = [''];

/**
 * Rights to a kind, and to its subresources; undefined until they are known.
 * @param namespaces in each of which one has them, the same list at each render; none: everywhere
 */
export function useRights(kind: Kind | undefined, namespaces: readonly string[]): Rights | undefined {
  const kinds = useMemo(() => [kind], [kind]);
  return useRightsTo(kinds, namespaces)?.get(kind?.resource ?? '');
}

/** The same of several kinds, by their resources. @param kinds the same list at each render; undefined: not served here */
export function useRightsTo(
  kinds: readonly (Kind | undefined)[],
  namespaces: readonly string[],
): ReadonlyMap<string, Rights> | undefined {
  const { writes } = useCluster();
  const where = namespaces.length ? namespaces : EVERYWHERE;
  const { document, served } = useMemo(() => {
    const known = kinds.filter((kind) => kind !== undefined);
    return { served: known, document: known.length ? rightsDocument(known, where.length) : undefined };
  }, [kinds, where.length]);
  const { data } = useQuery<{ kinds: readonly Record<string, readonly string[]>[] | null }>(document, {
    resources: served.map(({ resource }) => resource),
    ...Object.fromEntries(where.map((namespace, n) => [`n${n}`, namespace || null])),
  });
  return useMemo(() => {
    if (!data) return undefined;
    const found = new Map(data.kinds?.map((each) => [String(each['resource']), each]));
    return new Map(
      served.map((kind) => [kind.resource, rightsIn(kind, found.get(kind.resource) ?? {}, where.length, writes)]),
    );
  }, [data, served, where.length, writes]);
}

const MINE = /* GraphQL */ `
  query MyRights($resource: String!, $namespace: String) {
    myRights(resource: $resource, namespace: $namespace)
  }
`;

/** The same of a resource that another API server may serve. @param resource undefined: nothing is asked */
export function useRightsToOther(resource: string | undefined, namespace: string | null): Rights {
  const { data } = useQuery<{ myRights: readonly string[] | null }>(resource === undefined ? undefined : MINE, {
    resource,
    namespace,
  });
  return useMemo(() => new Set(data?.myRights), [data]);
}
