import { useEffect, useMemo, useState } from 'react';
import { ask, type Variables } from './query.ts';

export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

/**
 * Asks when the page is shown and when what is asked changes. What was answered before stays until then.
 * @param query undefined: nothing is asked
 * @param again another value asks anew
 */
export function useQuery<T>(query: string | undefined, variables?: Variables, again?: unknown): Asked<T> {
  const key = JSON.stringify([query, variables]);
  const [state, setState] = useState<Asked<T> & { key: string }>({
    data: undefined,
    error: undefined,
    loading: true,
    key,
  });
  const stable = useMemo(() => variables, [key]);
  useEffect(() => {
    if (query === undefined) return undefined;
    let current = true;
    const show = (next: Partial<Asked<T>>): void => {
      if (current)
        setState((before) => ({
          data: before.key === key ? before.data : undefined,
          error: undefined,
          ...next,
          loading: false,
          key,
        }));
    };
    ask<T>(query, stable).then(
      (data) => show({ data }),
      (error: unknown) => show({ error }),
    );
    return () => {
      current = false;
    };
  }, [key, again]);
  return state.key === key ? state : { data: undefined, error: undefined, loading: query !== undefined };
}
