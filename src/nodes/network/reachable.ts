import type { Target } from '../../rules/relay/target.ts';

/** Where this proxy stands. */
export interface Place {
  nodeName: string;
  /** label topology.kubernetes.io/zone of the node */
  zone: string | undefined;
}

export interface Endpoint extends Target {
  /** of this node */
  isLocal: boolean;
  isReady: boolean;
  isServing: boolean;
  isTerminating: boolean;
  /** hints */
  nodes: readonly string[];
  zones: readonly string[];
}

export interface Reachable {
  /** for the traffic policy Cluster */
  cluster: readonly Target[];
  /** for the traffic policy Local */
  local: readonly Target[];
  /** how many of this node are ready, as a health check is told (KEP-1669: terminating ones do not count) */
  localReady: number;
}

/**
 * The endpoints to use, by what kube-proxy's CategorizeEndpoints says: ready ones, or those that end but still serve
 * where none is ready (KEP-1669), for either policy by itself; of the ready ones those that are meant for this node or
 * zone, when every one has such a hint and one is for here (KEP-2433, KEP-3015).
 */
export function reachable(endpoints: readonly Endpoint[], { nodeName, zone }: Place): Reachable {
  const ready = endpoints.filter(({ isReady }) => isReady);
  const ending = endpoints.filter((each) => !each.isReady && each.isServing && each.isTerminating);
  const localReady = ready.filter(({ isLocal }) => isLocal);
  const sameNode = hinted(ready, ({ nodes }) => nodes, nodeName);
  const sameZone = zone ? hinted(ready, ({ zones }) => zones, zone) : undefined;
  return {
    cluster: targets(ready.length ? (sameNode ?? sameZone ?? ready) : ending),
    local: targets(localReady.length ? localReady : ending.filter(({ isLocal }) => isLocal)),
    localReady: localReady.length,
  };
}

/** Those that are meant for `here`; undefined when the hints are not to be followed. */
function hinted(
  ready: readonly Endpoint[],
  hints: (endpoint: Endpoint) => readonly string[],
  here: string,
): readonly Endpoint[] | undefined {
  if (!ready.every((each) => hints(each).length)) return undefined;
  const meant = ready.filter((each) => hints(each).includes(here));
  return meant.length ? meant : undefined;
}

const targets = (endpoints: readonly Endpoint[]): Target[] => endpoints.map(({ address, port }) => ({ address, port }));
