import { useEffect, useMemo } from 'react';
import { useCluster } from '../server/kinds.tsx';
import type { Known } from './complete.ts';
import { SchemaLoader } from './load-schemas.ts';

/** All editors of the page share what they have asked for. */
const loader = new SchemaLoader();

/** What the editor completes and checks with: the kinds that are served, and their schemas when they are needed. */
export function useKnown(): Known {
  const { kinds } = useCluster();
  // another set of kinds may have other schemas
  useEffect(() => loader.refresh(), [kinds]);
  return useMemo(() => ({ kinds, schemaOf: (apiVersion, kind) => loader.of(apiVersion, kind) }), [kinds]);
}
