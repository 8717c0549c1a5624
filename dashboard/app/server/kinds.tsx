import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ask } from './query.ts';
import type { Kind } from './kind.ts';
import { connection } from './client.ts';

const KINDS = /* GraphQL */ `
  query Kinds {
    kinds(preferred: true) {
      resource
      group
      version
      kind
      namespaced
      custom
      verbs
      shortNames
      subresources
      type
      one
      many
      columns {
        name
        type
        format
        description
        priority
      }
      rights
    }
    myNamespaces
  }
`;

interface Served {
  kinds: readonly Kind[];
  myNamespaces: readonly string[];
}

/** All kinds that are served, in the order of their names, and the namespaces that one may get. */
export interface Cluster {
  readonly kinds: readonly Kind[];
  readonly namespaces: readonly string[];
  kind(resource: string): Kind | undefined;
}

const Context = createContext<Cluster | undefined>(undefined);

/** Between the questions of who may not watch definitions, or namespaces, ms. */
const AGAIN_MS = 30_000;

const DEFINITIONS = 'subscription Definitions($kinds: [String!]!) { watch(kinds: $kinds) { type resourceVersion } }';

/** Asks what is served, and again when definitions or namespaces change. */
export function KindsProvider({
  children,
  fallback,
}: {
  children: ReactNode;
  fallback: (error: unknown) => ReactNode;
}) {
  const [served, setServed] = useState<Served>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let current = true;
    let pending: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      pending = undefined;
      ask<Served>(KINDS).then(
        (answer) => {
          if (!current) return;
          setServed((before) => (before && JSON.stringify(before) === JSON.stringify(answer) ? before : answer));
          setError(undefined);
        },
        (reason: unknown) => current && setError(reason),
      );
    };
    // definitions come in bursts
    const soon = (): void => void (pending ??= setTimeout(load, 300));
    load();
    const stop = connection.client.subscribe(
      { query: DEFINITIONS, variables: { kinds: ['customresourcedefinitions.apiextensions.k8s.io', 'namespaces'] } },
      { next: soon, error: () => undefined, complete: () => undefined },
    );
    const timer = setInterval(load, AGAIN_MS);
    return () => {
      current = false;
      stop();
      clearInterval(timer);
      clearTimeout(pending);
    };
  }, []);
  const cluster = useMemo(() => served && clusterOf(served), [served]);
  if (!cluster) return fallback(error);
  return <Context value={cluster}>{children}</Context>;
}

function clusterOf({ kinds, myNamespaces }: Served): Cluster {
  const byResource = new Map(kinds.map((kind) => [kind.resource, kind]));
  return {
    kinds: kinds.filter(({ verbs }) => verbs.includes('list')).sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    namespaces: myNamespaces,
    kind: (resource) => byResource.get(resource),
  };
}

/** What is served here. Only below KindsProvider. */
export function useCluster(): Cluster {
  const cluster = use(Context);
  if (!cluster) throw new Error('useCluster is used outside of KindsProvider');
  return cluster;
}
