import type { SecretName } from '../certificates.ts';
import type { Route } from '../route.ts';
import { hostnamesOf } from './hostnames.ts';
import { allows, listenersOf, said, type ListenerState, type Said } from './listeners.ts';
import { translate } from './route-rules.ts';
import { CONTROLLER, GROUP, type Gateway, type GatewayRoute, type ParentReference, type RouteKind } from './types.ts';
import type { World } from './world.ts';

export interface Port {
  tls: boolean;
  rules: Route[];
}
export interface RouteState {
  kind: RouteKind;
  route: GatewayRoute;
  parents: { parentRef: ParentReference; conditions: Said[] }[];
}
/** What all Gateways of this controller come to. */
export interface Resolved {
  gateways: Gateway[];
  listeners: ListenerState[];
  routes: RouteState[];
  ports: Map<number, Port>;
  certificates: Map<string, SecretName>;
}

/** A pure function of what is known: the proxy takes from it the ways in, the loop what is to be said of each object. */
export function resolve(world: World): Resolved {
  const classes = new Set(
    world
      .list('classes')
      .filter(isOurs)
      .map(({ metadata }) => metadata.name),
  );
  const gateways = world
    .list('gateways')
    .filter(({ spec }) => classes.has(spec.gatewayClassName))
    .sort(byAge);
  const listeners = listenersOf(gateways, world);
  const resolved: Resolved = { gateways, listeners, routes: [], ports: new Map(), certificates: new Map() };
  for (const { listener, isOpen, certificate } of listeners) {
    if (!isOpen) continue;
    if (!resolved.ports.has(listener.port))
      resolved.ports.set(listener.port, { tls: listener.protocol === 'HTTPS', rules: [] });
    const host = listener.hostname?.toLowerCase() ?? '';
    if (certificate && !resolved.certificates.has(host)) resolved.certificates.set(host, certificate);
  }
  for (const { kind, route } of world.routes()) {
    const state = attach(kind, route, resolved, world);
    // what was said of a parent that it no longer names is taken back
    const wasOurs = route.status?.parents.some(({ controllerName }) => controllerName === CONTROLLER);
    if (state.parents.length || wasOurs) resolved.routes.push(state);
  }
  return resolved;
}

export const isOurs = ({ spec }: { spec: { controllerName: string } }): boolean => spec.controllerName === CONTROLLER;

function attach(kind: RouteKind, route: GatewayRoute, resolved: Resolved, world: World): RouteState {
  const { namespace = '' } = route.metadata;
  const known = {
    grants: world.list('grants'),
    hasService: (of: string, name: string) => world.services.get(of, name) !== undefined,
  };
  const { rules, unsupported, problems } = translate(kind, route, known);
  const parents: RouteState['parents'] = [];
  /** a listener has a route once, however many parents lead there */
  const opened = new Set<ListenerState>();
  for (const parentRef of route.spec.parentRefs ?? []) {
    const { group = GROUP, kind: parentKind = 'Gateway', name, namespace: of = namespace } = parentRef;
    if (group !== GROUP || parentKind !== 'Gateway') continue;
    const own = resolved.listeners.filter(
      ({ gateway: { metadata } }) => metadata.name === name && metadata.namespace === of,
    );
    if (!own.length) continue;
    const { taken, problem } = listenersFor(parentRef, kind, route, own, world);
    const refusal = problem ?? (unsupported ? { reason: 'UnsupportedValue', message: unsupported } : undefined);
    if (!refusal)
      for (const state of taken) {
        if (opened.has(state)) continue;
        opened.add(state);
        state.attached++;
        open(state, route, rules, resolved);
      }
    parents.push({ parentRef, conditions: [said('Accepted', refusal), said('ResolvedRefs', problems[0])] });
  }
  return { kind, route, parents };
}

/** The listeners that a route may use by one of its parents, or why there is none. */
function listenersFor(
  { sectionName, port }: ParentReference,
  kind: RouteKind,
  route: GatewayRoute,
  own: readonly ListenerState[],
  world: World,
): { taken: ListenerState[]; problem?: { reason: string; message: string } } {
  const meant = own.filter(
    ({ listener }) => (!sectionName || listener.name === sectionName) && (!port || listener.port === port),
  );
  if (!meant.length)
    return { taken: [], problem: { reason: 'NoMatchingParent', message: 'no listener of that name and port' } };
  const allowed = meant.filter((state) => allows(state, kind, route, world));
  if (!allowed.length)
    return {
      taken: [],
      problem: { reason: 'NotAllowedByListeners', message: 'no listener takes such a route of this namespace' },
    };
  const taken = allowed.filter(({ listener }) => hostnamesOf(listener.hostname, route.spec.hostnames).length);
  if (taken.length) return { taken };
  return {
    taken,
    problem: { reason: 'NoMatchingListenerHostname', message: 'no listener has a hostname of the route' },
  };
}

function open(
  { listener, isOpen }: ListenerState,
  route: GatewayRoute,
  rules: readonly Omit<Route, 'host' | 'wildcard'>[],
  { ports }: Resolved,
): void {
  const port = isOpen ? ports.get(listener.port) : undefined;
  for (const host of port ? hostnamesOf(listener.hostname, route.spec.hostnames) : [])
    port!.rules.push(...rules.map((rule): Route => ({ ...rule, host, wildcard: 'labels' })));
}

const byAge = ({ metadata: a }: Gateway, { metadata: b }: Gateway): number =>
  compare(a.creationTimestamp, b.creationTimestamp) || compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`);
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
