import { useMemo } from 'react';
import type { Kind } from './kind.ts';
import { useQuery } from './use-query.ts';

/** What may be done with the objects of a kind in a place: `get`, `delete`, `create exec`. */
export type Rights = ReadonlySet<string>;

const NONE: Rights = new Set();

/**
 * Rights to a kind in a namespace ('' for all), and to its subresources. None until they are known: a page offers what
 * its user may do, and asks for nothing else.
 */
export function useRights(kind: Kind | undefined, namespace: string): Rights {
  const kinds = useMemo(() => [kind], [kind]);
  return useRightsTo(kinds, namespace).get(kind?.resource ?? '') ?? NONE;
}

/** The same of several kinds, by their resources. @param kinds the same list at each render; undefined: not served here */
export function useRightsTo(kinds: readonly (Kind | undefined)[], namespace: string): ReadonlyMap<string, Rights> {
  const { document, served } = useMemo(() => {
    const known = kinds.filter((kind) => kind !== undefined);
    return { served: known, document: known.length ? documentOf(known) : undefined };
  }, [kinds]);
  const { data } = useQuery<{ kinds: readonly Record<string, readonly string[]>[] | null }>(document, {
    namespace: namespace || null,
    resources: served.map(({ resource }) => resource),
  });
  return useMemo(() => {
    const found = new Map(data?.kinds?.map((each) => [String(each['resource']), each]));
    return new Map(
      served.map(({ resource, subresources }) => {
        const own = found.get(resource);
        const below = subresources.flatMap((sub) => (own?.[aliasOf(sub)] ?? []).map((verb) => `${verb} ${sub}`));
        return [resource, new Set([...(own?.['rights'] ?? []), ...below])];
      }),
    );
  }, [data, served]);
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

const aliasOf = (subresource: string): string => `sub_${subresource.replaceAll(/\W/g, '_')}`;

const documentOf = (kinds: readonly Kind[]): string => {
  const subresources = new Set(kinds.flatMap((kind) => kind.subresources));
  return `query Rights($namespace: String, $resources: [String!]) {
  kinds(preferred: true, resources: $resources) {
    resource
    rights(namespace: $namespace)
    ${[...subresources].map((sub) => `${aliasOf(sub)}: rights(namespace: $namespace, subresource: ${JSON.stringify(sub)})`).join(' ')}
  }
}`;
};
