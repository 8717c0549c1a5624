import { useEffect, useMemo, useState } from 'react';
import type { Cluster } from './cluster.ts';
import type { ItemOf, LiveList } from './live-list.ts';
import type { Document } from './typed-document.ts';

export interface LiveQuery<T> extends LiveList<T> {
  /** nothing has come yet */
  readonly loading: boolean;
  /** The connection is lost: what there is may be old. It comes back by itself. */
  readonly stale: boolean;
  /** why it has ended; asking again would end in the same */
  readonly error: Error | undefined;
}

const LOADING: LiveQuery<never> = {
  items: [],
  totalCount: undefined,
  resourceVersion: undefined,
  loading: true,
  stale: false,
  error: undefined,
};

/**
 * What a live query answers, as it changes; see Cluster.live for its document. Changes that come together are one
 * render. Other variables begin it anew: what was is shown as stale until the first answer.
 */
export function useLiveQuery<R, V>(cluster: Cluster, document: Document<R, V>, variables?: V): LiveQuery<ItemOf<R>> {
  const [state, setState] = useState<LiveQuery<ItemOf<R>>>(LOADING);
  // by value, since callers make them anew with each render
  const key = JSON.stringify(variables);
  const stable = useMemo(() => variables, [key]);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const show = (change: (before: LiveQuery<ItemOf<R>>) => LiveQuery<ItemOf<R>>): void => {
      if (!signal.aborted) setState(change);
    };
    show((before) => (before.loading ? before : { ...before, stale: true, error: undefined }));
    const follow = async (): Promise<void> => {
      const onLost = (): void => show((before) => ({ ...before, stale: true }));
      for await (const list of cluster.live(document, stable, { signal, onLost }))
        show(() => ({ ...list, loading: false, stale: false, error: undefined }));
    };
    follow().catch((error: unknown) =>
      show((before) => ({
        ...before,
        loading: false,
        stale: true,
        error: error instanceof Error ? error : new Error(String(error)),
      })),
    );
    return () => ending.abort();
  }, [cluster, document, stable]);
  return state;
}
