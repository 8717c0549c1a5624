import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { namespacesIn } from '../search-params.ts';

/** The namespaces that are looked at, the same list as long as they are; none: all. */
export function useNamespaces(): readonly string[] {
  const { ns } = useSearch({ strict: false });
  return useMemo(() => namespacesIn(ns === undefined ? {} : { ns }), [ns]);
}

/** The namespace of an object in the same form, the same list as long as it is; null: none. */
export const useNamespaceOf = (namespace: string | null): readonly string[] =>
  useMemo(() => (namespace === null ? [] : [namespace]), [namespace]);
