import { isIP } from 'node:net';
import type { Answer } from 'dns-packet';
import type { EndpointSlice, Namespace, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { canonicalAddress } from '../../meta/address.ts';
import { endpointsOf, servicesOfSlice } from '../../rules/service-slices.ts';
import { addressOfReverse } from './reverse-name.ts';

/** Seconds that an answer may be kept, as the cluster's DNS usually says. */
export const TTL = 30;
/** Of the specification of names in a cluster, which `dns-version` tells. */
const SPECIFICATION = '1.1.0';
/** No answer has room for more; endpoints times ports may be millions. */
const MAX_RECORDS = 2048;

const BY_SERVICE = 'service';
const BY_ADDRESS = 'address';

/** `undefined`: no such name; without answers: the name exists, but has no record of this type. */
export type Records = { answers: Answer[]; additionals?: Answer[] } | undefined;

/** Something that has addresses and a name of its own. */
interface Host {
  name: string;
  addresses: readonly string[];
}
/** A port of it. */
interface Place {
  host: Host;
  port: number;
}

export interface Sources {
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  namespaces: Informer<Namespace>;
}

/**
 * The records of the cluster's domain, by the Kubernetes DNS specification 1.1 and, where that leaves it open, as
 * CoreDNS answers with the configuration of kubeadm (`pods insecure`): services, headless services, their endpoints and
 * ports, external names, pods by address, and the way back from an address.
 */
export class ClusterRecords {
  private readonly services: Sources['services'];
  private readonly slices: Sources['slices'];
  private readonly namespaces: Sources['namespaces'];

  constructor(
    { services, slices, namespaces }: Sources,
    readonly domain: string,
    /** address of the Service that leads to this server */
    private readonly dnsIP: string,
  ) {
    this.services = services;
    this.slices = slices;
    this.namespaces = namespaces;
    slices.addIndex(BY_SERVICE, servicesOfSlice);
    slices.addIndex(BY_ADDRESS, (slice) =>
      endpointsOf(slice).flatMap(({ addresses }) => addresses.map(canonicalAddress)),
    );
    services.addIndex(BY_ADDRESS, (service) => addressesOf(service).map(canonicalAddress));
  }

  /** Whether the name is this cluster's to answer. */
  owns(name: string): boolean {
    return name === this.domain || name.endsWith(`.${this.domain}`);
  }

  /** @param name lower case, without final dot */
  lookup(name: string, type: string): Records {
    const labels = name === this.domain ? [] : name.slice(0, -this.domain.length - 1).split('.');
    const kind = labels.pop();
    if (kind === undefined) return this.apex(name, type);
    if (!labels.length && kind === 'dns-version')
      return given(type === 'TXT' && { type: 'TXT', name, ttl: TTL, data: SPECIFICATION });
    if (kind === 'dns' && labels.length === 1 && labels[0] === 'ns')
      return given(...this.address(name, this.dnsIP, type));
    if (kind !== 'svc' && kind !== 'pod') return undefined;
    const namespace = labels.pop();
    if (namespace === undefined) return given();
    if (!this.namespaces.get('', namespace)) return undefined;
    const object = labels.pop();
    if (object === undefined) return given();
    if (kind === 'pod') return labels.length ? undefined : this.pod(name, object, type);
    const service = this.services.get(namespace, object);
    return service && this.service(name, service, labels, type);
  }

  /** The names of an address: of the Service that has it, or of all endpoints that do. */
  reverse(name: string): Records {
    const address = addressOfReverse(name);
    if (!address) return undefined;
    const pointer = (data: string): Answer => ({ type: 'PTR', name, ttl: TTL, data });
    const services = this.services.index(BY_ADDRESS, address);
    if (services.length) return given(...services.map((service) => pointer(this.full(service))));
    const found = new Set<string>();
    for (const slice of this.slices.index(BY_ADDRESS, address)) {
      const [key = ''] = servicesOfSlice(slice);
      const [namespace = '', service = ''] = key.split('/');
      if (!this.services.get(namespace, service)) continue;
      for (const { addresses, hostname } of endpointsOf(slice)) {
        if (addresses.some((one) => canonicalAddress(one) === address))
          found.add(`${hostname ?? dashed(address)}.${service}.${namespace}.svc.${this.domain}`);
      }
    }
    return found.size ? given(...[...found].slice(0, MAX_RECORDS).map(pointer)) : undefined;
  }

  /** @param serial grows with what is known */
  startOfAuthority(serial: number): Answer {
    const { domain } = this;
    const data = {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    };
    return { type: 'SOA', name: domain, ttl: TTL, data };
  }

  private apex(name: string, type: string): Records {
    if (type !== 'NS') return given();
    const server = `kube-dns.kube-system.svc.${this.domain}`;
    const additionals = ['A', 'AAAA'].flatMap((of) => this.address(server, this.dnsIP, of));
    return { answers: [{ type: 'NS', name, ttl: TTL, data: server }], additionals };
  }

  /** Whatever is said to be an address of a pod is one: nobody looks whether there is such a pod. */
  private pod(name: string, label: string, type: string): Records {
    const v4 = label.split('-').length === 4 && !label.includes('--');
    const ip = label.replaceAll('-', v4 ? '.' : ':');
    return isIP(ip) ? given(...this.address(name, ip, type)) : undefined;
  }

  private service(name: string, service: Service, rest: readonly string[], type: string): Records {
    const { spec } = service;
    if (spec?.type === 'ExternalName')
      return rest.length ? undefined : this.external(name, spec.externalName ?? '', type);
    if (rest.length > 2) return undefined;
    const [first = '', protocol] = rest;
    const places =
      protocol !== undefined
        ? this.placesOfPort(service, unscored(first), unscored(protocol))
        : this.places(service, rest.length ? first : undefined);
    if (!places) return undefined;
    if (type === 'SRV') return this.srv(name, places);
    const addresses = new Set(places.flatMap(({ host }) => host.addresses));
    return given(...[...addresses].slice(0, MAX_RECORDS).flatMap((ip) => this.address(name, ip, type)));
  }

  /** All places of a Service, or of one of its endpoints; undefined where the Service or endpoint is none. */
  private places(service: Service, endpoint?: string): Place[] | undefined {
    const ports = service.spec?.ports ?? [];
    if (endpoint === undefined && !isHeadless(service)) {
      const host = { name: this.full(service), addresses: addressesOf(service) };
      // an address without a port is one still
      return ports.length ? ports.map(({ port }) => ({ host, port })) : [{ host, port: 0 }];
    }
    const found: Place[] = [];
    for (const { host, slice, label } of this.readyOf(service)) {
      if (endpoint !== undefined && label !== endpoint) continue;
      const numbers = slice.ports?.flatMap(({ port }) => port ?? []) ?? [];
      for (const port of numbers.length ? numbers : [0]) found.push({ host, port });
    }
    // a headless Service without endpoints is no name in CoreDNS either
    return found.length ? found : undefined;
  }

  private placesOfPort(service: Service, name: string, protocol: string): Place[] | undefined {
    const fits = (one: { name?: string; protocol?: string }): boolean =>
      (one.name ?? '') === name && (one.protocol ?? 'TCP').toLowerCase() === protocol;
    if (!isHeadless(service)) {
      const port = service.spec?.ports?.find(fits)?.port;
      return port === undefined
        ? undefined
        : [{ host: { name: this.full(service), addresses: addressesOf(service) }, port }];
    }
    const found: Place[] = [];
    for (const { host, slice } of this.readyOf(service)) {
      const port = slice.ports?.find(fits)?.port;
      if (port) found.push({ host, port });
    }
    return found.length ? found : undefined;
  }

  /** Endpoints that are ready, with the name that each has below its Service: its host name, or its address dashed. */
  private *readyOf(service: Service): Iterable<{ host: Host; slice: EndpointSlice; label: string }> {
    const all = service.spec?.publishNotReadyAddresses;
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    for (const slice of this.slices.index(BY_SERVICE, key)) {
      if (slice.addressType === 'FQDN') continue;
      for (const { addresses, conditions, hostname } of endpointsOf(slice)) {
        if (!all && conditions?.ready === false) continue;
        for (const address of addresses) {
          const label = hostname ?? dashed(address);
          yield { host: { name: `${label}.${this.full(service)}`, addresses: [address] }, slice, label };
        }
      }
    }
  }

  private srv(name: string, places: readonly Place[]): Records {
    const some = places.filter(({ port }) => port > 0).slice(0, MAX_RECORDS);
    const weight = Math.max(1, Math.floor(100 / some.length));
    const hosts = new Map(some.map(({ host }) => [`${host.name} ${host.addresses.join()}`, host]));
    return {
      answers: some.map(({ host, port }) => ({
        type: 'SRV',
        name,
        ttl: TTL,
        data: { priority: 0, weight, port, target: host.name },
      })),
      additionals: [...hosts.values()].flatMap((host) =>
        host.addresses.flatMap((ip) => ['A', 'AAAA'].flatMap((type) => this.address(host.name, ip, type))),
      ),
    };
  }

  private external(name: string, target: string, type: string): Records {
    if (isIP(target)) return given(...this.address(name, target, type));
    return given({ type: 'CNAME', name, ttl: TTL, data: target });
  }

  private address(name: string, ip: string, type: string): Answer[] {
    const family = type === 'A' ? 4 : type === 'AAAA' ? 6 : 0;
    return family && isIP(ip) === family ? [{ type: family === 4 ? 'A' : 'AAAA', name, ttl: TTL, data: ip }] : [];
  }

  private full({ metadata }: Service): string {
    return `${metadata.name}.${metadata.namespace}.svc.${this.domain}`;
  }
}

const given = (...answers: (Answer | false)[]): { answers: Answer[] } => ({
  answers: answers.filter((answer) => answer !== false),
});
const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';
const addressesOf = ({ spec }: Service): string[] =>
  (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter((ip) => isIP(ip) !== 0);
const dashed = (ip: string): string => ip.replaceAll(/[.:]/g, '-');
const unscored = (label: string): string => label.replace(/^_/, '');
