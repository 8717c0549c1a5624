import { labelMatcher } from '../../../control/selector.ts';
import type { SecretName } from '../certificates.ts';
import { contextOf } from '../certificates.ts';
import { isGranted } from './grants.ts';
import { GROUP, type Gateway, type GatewayRoute, type Listener, type RouteKind } from './types.ts';
import type { World } from './world.ts';

/** A condition without its time. */
export interface Said {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}
export interface ListenerState {
  listener: Listener;
  gateway: Gateway;
  /** whether requests are taken for it */
  isOpen: boolean;
  kinds: RouteKind[];
  certificate?: SecretName;
  conditions: Said[];
  attached: number;
}

const KINDS: Readonly<Record<string, readonly RouteKind[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
};
/** Those of Ingresses too, which speak this there. */
const USUAL = new Map([
  [80, 'HTTP'],
  [443, 'HTTPS'],
]);
/** Ports below are the machine's own affairs. */
const FIRST_FREE_PORT = 1024;

export const said = (type: string, problem?: { reason: string; message: string }, reason = type): Said =>
  problem ? { type, status: 'False', ...problem } : { type, status: 'True', reason, message: '' };

/** What becomes of each listener of the Gateways, from the oldest on: of two that want the same, the first has it. */
export function listenersOf(gateways: readonly Gateway[], world: World): ListenerState[] {
  const protocols = new Map<number, string>();
  const taken = new Set<string>();
  return gateways.flatMap((gateway) =>
    gateway.spec.listeners.map((listener): ListenerState => {
      const { port, protocol, hostname = '' } = listener;
      const supported = KINDS[protocol];
      const unsupported = supported
        ? portProblem(port, protocol)
        : { reason: 'UnsupportedProtocol', message: `protocol ${protocol} is not supported` };
      const place = `${port} ${hostname.toLowerCase()}`;
      const conflict = unsupported ? undefined : conflictOf(protocols.get(port), protocol, taken.has(place));
      if (!unsupported && !conflict) {
        protocols.set(port, protocol);
        taken.add(place);
      }
      const { kinds, problem: kindProblem } = kindsOf(listener, supported ?? []);
      const certificate = protocol === 'HTTPS' ? certificateOf(gateway, listener, world) : undefined;
      const unresolved = certificate && 'reason' in certificate ? certificate : kindProblem;
      const isOpen = !unsupported && !conflict && !(certificate && 'reason' in certificate);
      return {
        listener,
        gateway,
        isOpen,
        kinds,
        attached: 0,
        ...(certificate && !('reason' in certificate) && { certificate }),
        conditions: [
          said('Accepted', unsupported ?? conflict),
          conflict
            ? { type: 'Conflicted', status: 'True', ...conflict }
            : { type: 'Conflicted', status: 'False', reason: 'NoConflicts', message: '' },
          said('ResolvedRefs', unresolved),
          said('Programmed', isOpen ? undefined : { reason: 'Invalid', message: 'the listener is not valid' }),
        ],
      };
    }),
  );
}

function portProblem(port: number, protocol: string): { reason: string; message: string } | undefined {
  const usual = USUAL.get(port);
  if (usual ? usual === protocol : port >= FIRST_FREE_PORT) return undefined;
  const message = `port ${port} is not given away for ${protocol}: 80 is for HTTP, 443 for HTTPS, and those from ${FIRST_FREE_PORT} on are for both`;
  return { reason: 'PortUnavailable', message };
}

function conflictOf(known: string | undefined, protocol: string, isTaken: boolean) {
  if (known !== undefined && known !== protocol)
    return { reason: 'ProtocolConflict', message: `the port is of a listener for ${known}` };
  return isTaken ? { reason: 'HostnameConflict', message: 'another listener has this port and hostname' } : undefined;
}

function kindsOf({ allowedRoutes }: Listener, supported: readonly RouteKind[]) {
  const asked = allowedRoutes?.kinds;
  if (!asked?.length) return { kinds: [...supported] };
  const kinds = supported.filter((kind) => asked.some((one) => one.kind === kind && (one.group ?? GROUP) === GROUP));
  const problem = { reason: 'InvalidRouteKinds', message: 'not all kinds of routes are supported' };
  return kinds.length < asked.length ? { kinds, problem } : { kinds };
}

function certificateOf(
  { metadata }: Gateway,
  { tls }: Listener,
  world: World,
): SecretName | { reason: string; message: string } {
  const { namespace: own = '' } = metadata;
  const [reference] = tls?.certificateRefs ?? [];
  const invalid = (message: string) => ({ reason: 'InvalidCertificateRef', message });
  if (tls?.mode === 'Passthrough') return invalid('mode Passthrough is not supported');
  if (!reference) return invalid('there is no certificate');
  const { group = '', kind = 'Secret', namespace = own, name } = reference;
  if (group !== '' || kind !== 'Secret') return invalid(`${kind} ${name}: only Secrets hold certificates`);
  if (!isGranted(world.list('grants'), { kind: 'Gateway', namespace: own }, reference, 'Secret'))
    return {
      reason: 'RefNotPermitted',
      message: `Secret ${namespace}/${name}: no ReferenceGrant of that namespace allows it`,
    };
  const secret = world.secrets.get(namespace, name);
  if (!secret) return invalid(`there is no Secret ${namespace}/${name} of the type kubernetes.io/tls`);
  try {
    contextOf(secret);
  } catch {
    return invalid(`Secret ${namespace}/${name} holds no certificate with its key`);
  }
  return { namespace, name };
}

/** Whether a listener takes a route, by its kind and its namespace. */
export function allows(
  { listener, gateway, kinds }: ListenerState,
  kind: RouteKind,
  route: GatewayRoute,
  world: World,
): boolean {
  if (!kinds.includes(kind)) return false;
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {};
  const { namespace = '' } = route.metadata;
  if (from === 'All') return true;
  if (from === 'Same') return namespace === gateway.metadata.namespace;
  return from === 'Selector' && labelMatcher(selector)(world.namespaces.get('', namespace)?.metadata.labels);
}
