import { createContext, use, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Kind } from './kind.ts';
import { connection } from './client.ts';
import { newsOf, type Heard } from './news.ts';
import { askServed, type Served } from './served.ts';
import type { Who } from './session.ts';
import { oneAtATime } from './until-answered.ts';

/** All kinds whose objects are stored, in the order of their names, the namespaces that one may get, and who one is. */
export interface Cluster {
  readonly kinds: readonly Kind[];
  readonly namespaces: readonly string[];
  /** undefined: the server does not say */
  readonly who: Who | undefined;
  /** false: the session is for reading only, whatever its user may do */
  readonly writes: boolean;
  kind(resource: string): Kind | undefined;
}

const Context = createContext<Cluster | undefined>(undefined);

/** Between the questions of who may not watch definitions, or namespaces, ms. A session that is used lasts. */
const AGAIN_MS = 30_000;

const DEFINITIONS =
  'subscription Definitions($kinds: [String!]!) { watch(kinds: $kinds, bookmarks: true) { type initialEventsEnd } }';
/** What changes what is served, or where one may look. */
const DEFINED = 'customresourcedefinitions.apiextensions.k8s.io';
const TOLD_BY = [DEFINED, 'namespaces'];
/** Definitions come in bursts, ms. */
const BURST_MS = 300;

/** The same value as long as it says the same. */
const kept =
  <T,>(next: T) =>
  (before: T | undefined): T =>
    before !== undefined && JSON.stringify(before) === JSON.stringify(next) ? before : next;

/** Asks what is served, and again when definitions or namespaces change. */
export function KindsProvider({
  children,
  fallback,
}: {
  children: ReactNode;
  fallback: (error: unknown) => ReactNode;
}) {
  const [served, setServed] = useState<Served>();
  const [who, setWho] = useState<Who>();
  const [error, setError] = useState<unknown>();
  const { load, stop } = useMemo(
    () =>
      oneAtATime(askServed, {
        answer([answer, found]) {
          setServed(kept(answer));
          if (found) setWho(kept(found));
          setError(undefined);
        },
        error: setError,
      }),
    [],
  );
  useEffect(() => {
    load();
    const timer = setInterval(load, AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [load, stop]);
  const latest = useRef(served);
  latest.current = served;
  const followed = TOLD_BY.filter((each) => mayFollow(served, each)).join();
  useEffect(() => {
    if (!followed) return undefined;
    let pending: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      pending ??= setTimeout(() => {
        pending = undefined;
        load();
      }, BURST_MS);
    };
    const kinds = followed.split(',');
    const hear = newsOf(knownOf(latest.current, kinds), soon);
    const leave = connection.client.subscribe<{ watch: Heard }>(
      { query: DEFINITIONS, variables: { kinds } },
      {
        next: ({ data }) => (data ? hear(data.watch) : soon()),
        error: () => undefined,
        complete: () => undefined,
      },
    );
    return () => {
      leave();
      clearTimeout(pending);
    };
  }, [followed, load]);
  const cluster = useMemo(() => served && clusterOf(served, who), [served, who]);
  if (!cluster) return fallback(error);
  return <Context value={cluster}>{children}</Context>;
}

/** How many objects of these kinds there were when it was asked what is served. */
const knownOf = (served: Served | undefined, kinds: readonly string[]): number =>
  (kinds.includes('namespaces') ? (served?.myNamespaces.length ?? 0) : 0) +
  (kinds.includes(DEFINED) ? (served?.kinds.filter(({ custom }) => custom).length ?? 0) : 0);

const mayFollow = (served: Served | undefined, resource: string): boolean =>
  served?.kinds.find((kind) => kind.resource === resource)?.rights.includes('watch') === true;

function clusterOf({ kinds, myNamespaces }: Served, who: Who | undefined): Cluster {
  // what cannot be followed is not stored: ComponentStatuses, and what is only asked (reviews)
  const stored = kinds.filter(({ verbs }) => verbs.includes('watch'));
  const byResource = new Map(stored.map((kind) => [kind.resource, kind]));
  return {
    kinds: stored.sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    namespaces: myNamespaces,
    who,
    writes: who?.write !== false,
    kind: (resource) => byResource.get(resource),
  };
}

/** What is served here. Only below KindsProvider. */
export function useCluster(): Cluster {
  const cluster = use(Context);
  if (!cluster) throw new Error('useCluster is used outside of KindsProvider');
  return cluster;
}
