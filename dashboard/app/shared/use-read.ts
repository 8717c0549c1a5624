import type { Variables } from '../server/query.ts';
import { useQuery, type Asked } from '../server/use-query.ts';
import { useTick } from './tick.ts';

/** Between two readings of what one may read and not follow, ms. */
const READ_MS = 10_000;

/**
 * What one may not follow, read again and again; or what was, read once.
 * @param query which takes `$asOf`; undefined: nothing is asked
 * @param at the moment; undefined: now
 */
export const useRead = <T>(query: string | undefined, variables: Variables, at: string | undefined): Asked<T> =>
  useQuery<T>(
    query,
    { ...variables, ...(at !== undefined && { asOf: at }) },
    useTick(query !== undefined && at === undefined ? READ_MS : undefined),
  );
