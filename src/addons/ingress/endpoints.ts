import type { Endpoint, EndpointSlice, Service, ServicePort } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { endpointsOf, servicesOfSlice } from '../../rules/service-slices.ts';
import type { Backend } from './route.ts';

const BY_SERVICE = 'service';

/** Spoken to a backend. */
export type Protocol = 'http' | 'h2c';

export interface Target {
  /** as the slice has it */
  address: string;
  port: number;
  endpoint: Endpoint;
}
/** Where a backend is now: in its order, endpoints; or a name to be looked up; or nowhere, and why. */
export type Found =
  | { kind: 'targets'; targets: readonly Target[]; protocol: Protocol }
  | { kind: 'name'; name: string; port: number; protocol: Protocol }
  | { kind: 'none'; reason: string };

/** What a Service's port says that it speaks (KEP-2726, and what gRPC's users write). */
const H2C = new Set(['kubernetes.io/h2c', 'h2c', 'grpc']);

/** Finds where Services lead, from their EndpointSlices: what was found stands until one of them changes. */
export class Endpoints {
  /** by `namespace/name` of the Service, then by port */
  private readonly found = new Map<string, Map<number | string, Found>>();

  constructor(
    private readonly services: Informer<Service>,
    private readonly slices: Informer<EndpointSlice>,
  ) {
    slices.addIndex(BY_SERVICE, servicesOfSlice);
    services.follow((now, old) => this.forget(keyOf((now ?? old)!.metadata)));
    slices.follow((now, old) => {
      for (const slice of [now, old]) for (const key of slice ? servicesOfSlice(slice) : []) this.forget(key);
    });
  }

  /** Ready endpoints; where there are none, those that end but still serve (KEP-1669). */
  of({ namespace, service, port }: Pick<Backend, 'namespace' | 'service' | 'port'>): Found {
    const key = `${namespace}/${service}`;
    let ports = this.found.get(key);
    const known = ports?.get(port);
    if (known) return known;
    const object = this.services.get(namespace, service);
    // nothing is kept of Services that are not there: anybody can name as many as they like
    if (!object) return { kind: 'none', reason: `there is no Service ${key}` };
    if (!ports) this.found.set(key, (ports = new Map()));
    const found = this.look(object, port);
    ports.set(port, found);
    return found;
  }

  private forget(key: string): void {
    this.found.delete(key);
  }

  private look(service: Service, port: number | string): Found {
    const { spec = {}, metadata } = service;
    const servicePort = spec.ports?.find((one) => (typeof port === 'number' ? one.port === port : one.name === port));
    if (spec.type === 'ExternalName') return external(spec.externalName ?? '', port, servicePort);
    if (!servicePort) return { kind: 'none', reason: `Service ${keyOf(metadata)} has no port ${port}` };
    const ready: Target[] = [];
    const leaving: Target[] = [];
    let appProtocol = servicePort.appProtocol;
    for (const slice of this.slices.index(BY_SERVICE, keyOf(metadata))) {
      const slicePort = slice.ports?.find((one) => (one.name ?? '') === (servicePort.name ?? ''));
      if (slice.addressType === 'FQDN' || !slicePort?.port) continue;
      appProtocol ??= slicePort.appProtocol;
      for (const endpoint of endpointsOf(slice)) {
        const { ready: isReady, serving, terminating } = endpoint.conditions ?? {};
        const target = { address: endpoint.addresses[0] ?? '', port: slicePort.port, endpoint };
        if (isReady !== false) ready.push(target);
        else if (serving && terminating) leaving.push(target);
      }
    }
    const targets = ready.length ? ready : leaving;
    if (targets.length) return { kind: 'targets', targets, protocol: protocolOf(appProtocol) };
    return { kind: 'none', reason: `Service ${keyOf(metadata)} has no ready endpoint` };
  }
}

function external(name: string, port: number | string, servicePort: ServicePort | undefined): Found {
  // a Service of this type needs no ports: a number is then the port itself
  const number = servicePort?.port ?? (typeof port === 'number' ? port : undefined);
  if (number === undefined) return { kind: 'none', reason: `${name} has no port ${port}` };
  return { kind: 'name', name, port: number, protocol: protocolOf(servicePort?.appProtocol) };
}

const protocolOf = (appProtocol: string | undefined): Protocol => (H2C.has(appProtocol ?? '') ? 'h2c' : 'http');
const keyOf = ({ namespace = '', name }: { namespace?: string | undefined; name: string }): string =>
  `${namespace}/${name}`;
