import { useEffect, useMemo, useState } from 'react';
import { ask, type Variables } from './query.ts';
import { untilAnswered } from './until-answered.ts';

export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

/**
 * Asks when the page is shown and when what is asked changes, and again where the server did not answer. What was
 * answered before stays until then.
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
    const show = (next: Partial<Asked<T>>): void =>
      setState((before) => ({
        data: before.key === key ? before.data : undefined,
        error: undefined,
        ...next,
        loading: false,
        key,
      }));
    return untilAnswered(() => ask<T>(query, stable), {
      answer: (data) => show({ data }),
      error: (error) => show({ error }),
    });
  }, [key, again]);
  return state.key === key ? state : { data: undefined, error: undefined, loading: query !== undefined };
}
