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
export function useRights(kind: Kind | undefined, namespace: string): { rights: Rights; known: boolean } {
  const document = useMemo(() => kind && documentOf(kind), [kind]);
  const { data } = useQuery<{ kinds: readonly Record<string, readonly string[]>[] | null }>(document, {
    namespace: namespace || null,
    resources: [kind?.resource],
  });
  return useMemo(() => {
    const found = data?.kinds?.[0];
    if (!found || !kind) return { rights: NONE, known: false };
    const own = found['rights'] ?? [];
    const below = kind.subresources.flatMap((sub) => (found[aliasOf(sub)] ?? []).map((verb) => `${verb} ${sub}`));
    return { rights: new Set([...own, ...below]), known: true };
  }, [data, kind]);
}

const aliasOf = (subresource: string): string => `sub_${subresource.replaceAll(/\W/g, '_')}`;

const documentOf = ({ subresources }: Kind): string => `query Rights($namespace: String, $resources: [String!]) {
  kinds(preferred: true, resources: $resources) {
    rights(namespace: $namespace)
    ${subresources.map((sub) => `${aliasOf(sub)}: rights(namespace: $namespace, subresource: ${JSON.stringify(sub)})`).join(' ')}
  }
}`;
