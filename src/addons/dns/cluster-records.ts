import type { Answer } from 'dns-packet';
import type { EndpointSlice, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { servicesOfSlice } from '../../rules/service-slices.ts';

/** Seconds that an answer may be kept, as the cluster's DNS usually says. */
export const TTL = 30;

/** No answer has room for more; endpoints times ports may be millions. */
const MAX_RECORDS = 2048;

const BY_SERVICE = 'service';

interface Host {
  name: string;
  address: string;
}

/** `undefined`: no such name; an empty list: the name exists, but has no record of this type. */
export type Records = Answer[] | undefined;

/**
 * The records of the cluster's domain, by the Kubernetes DNS specification 1.1: services, headless services, their
 * endpoints and ports, external names, and pods by address.
 */
export class ClusterRecords {
  constructor(
    private readonly services: Informer<Service>,
    private readonly slices: Informer<EndpointSlice>,
    readonly domain: string,
  ) {
    slices.addIndex(BY_SERVICE, servicesOfSlice);
  }

  /** Whether the name is this cluster's to answer. */
  owns(name: string): boolean {
    return name === this.domain || name.endsWith(`.${this.domain}`);
  }

  /** @param name lower case, without final dot */
  lookup(name: string, type: string): Records {
    const labels = name
      .slice(0, -this.domain.length - 1)
      .split('.')
      .filter(Boolean);
    const kind = labels.pop();
    const namespace = labels.pop();
    if (kind === 'pod' && namespace && labels.length === 1) return this.pod(name, labels[0]!, type);
    if (kind !== 'svc') return kind === undefined || kind === 'pod' ? [] : undefined;
    if (!namespace) return [];
    const service = this.services.get(namespace, labels.at(-1) ?? '');
    if (!service) return labels.length || !this.services.list(namespace).length ? undefined : [];
    return this.service(name, service, labels.slice(0, -1), type);
  }

  /** The name of a service or endpoint by its address. */
  reverse(name: string): Records {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
    if (!match) return undefined;
    const address = match.slice(1, 5).reverse().join('.');
    const service = this.services.list().find(({ spec }) => spec?.clusterIP === address);
    if (!service) return undefined;
    return [{ type: 'PTR', name, ttl: TTL, data: this.full(service) }];
  }

  private slicesOf({ metadata }: Service): EndpointSlice[] {
    return this.slices.index(BY_SERVICE, `${metadata.namespace}/${metadata.name}`);
  }

  private full(service: Service): string {
    return `${service.metadata.name}.${service.metadata.namespace}.svc.${this.domain}`;
  }

  private pod(name: string, label: string, type: string): Records {
    if (!/^\d{1,3}(-\d{1,3}){3}$/.test(label)) return undefined;
    return type === 'A' ? [address(name, label.replaceAll('-', '.'))] : [];
  }

  private service(name: string, service: Service, rest: string[], type: string): Records {
    const { spec } = service;
    if (spec?.type === 'ExternalName') {
      if (rest.length) return undefined;
      return [{ type: 'CNAME', name, ttl: TTL, data: spec.externalName ?? '' }];
    }
    const headless = spec?.clusterIP === 'None';
    if (rest.length === 2 && rest[0]!.startsWith('_'))
      return this.ports(name, service, rest[0]!.slice(1), rest[1]!.slice(1), type);
    if (!headless) return rest.length ? undefined : this.clusterIP(name, service, type);
    const hosts = this.hosts(service);
    if (rest.length === 0)
      return type === 'A'
        ? hosts.map((host) => address(name, host.address))
        : type === 'SRV'
          ? this.allPorts(name, service)
          : [];
    const named = rest.length === 1 ? hosts.filter((host) => host.name === rest[0]) : [];
    if (!named.length) return undefined;
    return type === 'A' ? named.map((host) => address(name, host.address)) : [];
  }

  private clusterIP(name: string, service: Service, type: string): Records {
    if (type === 'SRV') return this.allPorts(name, service);
    const ips = service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? ''];
    return type === 'A' ? ips.filter((ip) => ip.includes('.')).map((ip) => address(name, ip)) : [];
  }

  private allPorts(name: string, service: Service): Answer[] {
    const found: Answer[] = [];
    for (const port of service.spec?.ports ?? []) {
      if (found.length >= MAX_RECORDS) break;
      found.push(...this.srv(name, service, port.name ?? '', port.port));
    }
    return found;
  }

  private ports(name: string, service: Service, port: string, protocol: string, type: string): Records {
    const found = service.spec?.ports?.find(
      (each) => each.name === port && (each.protocol ?? 'TCP').toLowerCase() === protocol,
    );
    if (!found) return undefined;
    return type === 'SRV' ? this.srv(name, service, port, found.port) : [];
  }

  private srv(name: string, service: Service, portName: string, port: number): Answer[] {
    const one = (target: string, number: number): Answer => ({
      type: 'SRV',
      name,
      ttl: TTL,
      data: { priority: 0, weight: 100, port: number, target },
    });
    if (service.spec?.clusterIP !== 'None') return [one(this.full(service), port)];
    const slicePort = this.slicesOf(service)
      .flatMap((slice) => slice.ports ?? [])
      .find((each) => (each.name ?? '') === portName)?.port;
    return this.hosts(service).map((host) => one(`${host.name}.${this.full(service)}`, slicePort ?? port));
  }

  /** Endpoints with the name that each has below its service: its host name, or its address with dashes. */
  private hosts(service: Service): Host[] {
    const all = service.spec?.publishNotReadyAddresses;
    return this.slicesOf(service)
      .filter((slice) => slice.addressType === 'IPv4')
      .flatMap((slice) => slice.endpoints)
      .filter((endpoint) => all || endpoint.conditions?.ready !== false)
      .flatMap((endpoint) =>
        endpoint.addresses.map((each) => ({ name: endpoint.hostname ?? each.replaceAll('.', '-'), address: each })),
      );
  }
}

const address = (name: string, data: string): Answer => ({ type: 'A', name, ttl: TTL, data });
