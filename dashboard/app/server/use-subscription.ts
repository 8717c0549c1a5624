import { useEffect, useMemo, useReducer } from 'react';
import { connection } from './client.ts';
import { codeOf } from './errors.ts';
import { Refused, type ServerError, type Variables } from './query.ts';

export interface Followed<S> {
  /** what has come so far; undefined before anything has */
  readonly state: S | undefined;
  /** why it ended; it is asked for again where that may pass: a right that was taken away may be given back */
  readonly error: unknown;
  /** the server has ended it, having told all */
  readonly ended: boolean;
}

interface Begun<S> extends Followed<S> {
  /** document and variables that it is of */
  readonly of: string;
}
type Step<T> = { of: string } & ({ payload: T } | { error: unknown } | { ended: true } | { anew: true });

/** Before it is asked for again, ms. */
const AGAIN_MS = 5_000;
/** What asking again does not change: it is the question that is wrong, or nobody is signed in. */
const FINAL = new Set([400, 401, 404, 413, 422]);

const NOTHING = { state: undefined, error: undefined, ended: false } as const;

/**
 * Follows a subscription for as long as the page shows it, through lost connections: then it begins anew.
 * @param reduce what there is after a payload; the same function at each render
 */
export function useSubscription<T, S>(
  document: string | undefined,
  variables: Variables,
  reduce: (before: S | undefined, payload: T) => S,
): Followed<S> {
  const key = JSON.stringify(variables);
  const stable = useMemo(() => variables, [key]);
  const of = `${document} ${key}`;
  const [followed, step] = useReducer(
    (before: Begun<S>, next: Step<T>): Begun<S> => {
      if ('anew' in next) return before.of === next.of ? before : { ...NOTHING, of: next.of };
      if ('error' in next) return { ...before, error: next.error };
      if ('ended' in next) return { ...before, ended: true };
      return { ...NOTHING, of: next.of, state: reduce(before.state, next.payload) };
    },
    { ...NOTHING, of },
  );
  const [attempt, tryAgain] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (document === undefined) return undefined;
    step({ of, anew: true });
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (next: { payload: T } | { error: unknown } | { ended: true }): void => {
      if (current) step({ of, ...next });
    };
    const fail = (error: unknown): void => {
      tell({ error });
      if (current && !FINAL.has(codeOf(error) ?? 0)) timer ??= setTimeout(tryAgain, AGAIN_MS);
    };
    const stop = connection.client.subscribe<Record<string, unknown>>(
      { query: document, variables: stable },
      {
        next({ data, errors }) {
          if (errors?.length) fail(new Refused(errors as ServerError[]));
          else if (data) tell({ payload: data as T });
        },
        error: (error) => fail(Array.isArray(error) ? new Refused(error as ServerError[]) : error),
        complete: () => tell({ ended: true }),
      },
    );
    return () => {
      current = false;
      clearTimeout(timer);
      stop();
    };
  }, [document, stable, attempt]);
  // until the next has begun, what is known is of the one before
  return followed.of === of ? followed : NOTHING;
}
