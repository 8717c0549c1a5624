import { semanticEqual } from '../../../control/equal.ts';
import type { Said } from './listeners.ts';
import type { Resolved, RouteState } from './resolve.ts';
import { CONTROLLER, GROUP, type Condition, type Gateway, type GatewayRoute, type ListenerStatus } from './types.ts';

/** The features of the Gateway API that are here, by the names of its conformance suite. */
export const FEATURES = [
  'GRPCRoute',
  'Gateway',
  'GatewayPort8080',
  'HTTPRoute',
  'HTTPRouteBackendProtocolH2C',
  'HTTPRouteBackendRequestHeaderModification',
  'HTTPRouteBackendTimeout',
  'HTTPRouteHostRewrite',
  'HTTPRouteMethodMatching',
  'HTTPRouteParentRefPort',
  'HTTPRoutePathRedirect',
  'HTTPRoutePathRewrite',
  'HTTPRoutePortRedirect',
  'HTTPRouteQueryParamMatching',
  'HTTPRouteRequestMirror',
  'HTTPRouteRequestMultipleMirrors',
  'HTTPRouteRequestPercentageMirror',
  'HTTPRouteRequestTimeout',
  'HTTPRouteResponseHeaderModification',
  'HTTPRouteSchemeRedirect',
  'ReferenceGrant',
];

/** The conditions as they are written: one that says what it has said keeps its time. @param now RFC 3339 */
export function conditionsOf(
  all: readonly Said[],
  before: readonly Condition[] | undefined,
  generation: number | undefined,
  now: string,
): Condition[] {
  return all.map((one) => {
    const old = before?.find(({ type }) => type === one.type);
    const lastTransitionTime = old?.status === one.status ? old.lastTransitionTime : now;
    return { ...one, ...(generation !== undefined && { observedGeneration: generation }), lastTransitionTime };
  });
}

/** What is to be written of a Gateway. @param address where the proxy is; undefined while it is nowhere */
export function gatewayStatus(
  gateway: Gateway,
  { listeners }: Pick<Resolved, 'listeners'>,
  address: string | undefined,
  isServed: (port: number) => boolean,
  now: string,
): NonNullable<Gateway['status']> {
  const { generation } = gateway.metadata;
  const own = listeners.filter((state) => state.gateway === gateway);
  const waiting = { reason: 'AddressNotAssigned', message: 'the proxy does not run yet' };
  const bad = own.filter(({ isOpen }) => !isOpen);
  const accepted: Said = !bad.length
    ? { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' }
    : {
        type: 'Accepted',
        status: bad.length < own.length ? 'True' : 'False',
        reason: 'ListenersNotValid',
        message: `listeners that are not valid: ${bad.map(({ listener }) => listener.name).join(', ')}`,
      };
  const programmed: Said = address
    ? { type: 'Programmed', status: 'True', reason: 'Programmed', message: '' }
    : { type: 'Programmed', status: 'False', ...waiting };
  return {
    addresses: address ? [{ type: 'IPAddress', value: address }] : [],
    conditions: conditionsOf([accepted, programmed], gateway.status?.conditions, generation, now),
    listeners: own.map(({ listener, kinds, attached, conditions, isOpen }): ListenerStatus => {
      const before = gateway.status?.listeners?.find(({ name }) => name === listener.name)?.conditions;
      const unserved = isOpen && !isServed(listener.port);
      const all = conditions.map((one): Said =>
        one.type === 'Programmed' && unserved
          ? {
              type: 'Programmed',
              status: 'False',
              reason: 'Pending',
              message: `nobody takes connections at port ${listener.port} yet`,
            }
          : one,
      );
      return {
        name: listener.name,
        attachedRoutes: attached,
        supportedKinds: kinds.map((kind) => ({ group: GROUP, kind })),
        conditions: conditionsOf(all, before, generation, now),
      };
    }),
  };
}

/** What is to be written of a route: what other controllers say of it stays. */
export function routeStatus(
  { route, parents }: Pick<RouteState, 'route' | 'parents'>,
  now: string,
): NonNullable<GatewayRoute['status']> {
  const before = route.status?.parents ?? [];
  const others = before.filter(({ controllerName }) => controllerName !== CONTROLLER);
  const own = parents.map(({ parentRef, conditions }) => {
    const old = before.find((one) => one.controllerName === CONTROLLER && semanticEqual(one.parentRef, parentRef));
    return {
      parentRef,
      controllerName: CONTROLLER,
      conditions: conditionsOf(conditions, old?.conditions, route.metadata.generation, now),
    };
  });
  return { parents: [...others, ...own] };
}
