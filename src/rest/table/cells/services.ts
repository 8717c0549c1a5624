import type { Endpoints, EndpointSlice, Service } from '../../../../schema/types.ts';
import type { Printer } from '../printer.ts';
import { formatLabels, listWithMore, NONE, since, UNSET } from './shared.ts';

/** Endpoints, ports and hosts that are shown of one object. */
const SHOWN = 3;

/** Addresses of a load balancer's status, each once and sorted. */
export const loadBalancerAddresses = (ingress: readonly { ip?: string; hostname?: string }[] | undefined): string[] =>
  [...new Set((ingress ?? []).map((i) => i.ip || i.hostname || '').filter(Boolean))].sort();

function externalAddress({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || NONE;
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status?.loadBalancer?.ingress), ...own].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

const services: Printer = (object, now) => {
  const service = object as unknown as Service;
  const { metadata, spec } = service;
  const ports = (spec?.ports ?? []).map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol}`);
  return [
    metadata.name,
    spec?.type ?? '',
    spec?.clusterIPs?.[0] ?? NONE,
    externalAddress(service),
    ports.join(',') || NONE,
    since(metadata.creationTimestamp, now),
    formatLabels(spec?.selector),
  ];
};

const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

const endpoints: Printer = (object, now) => {
  const { metadata, subsets } = object as unknown as Endpoints;
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length
      ? ports.flatMap((port) => addresses.map((a) => hostPort(a.ip, port.port)))
      : addresses.map((a) => a.ip),
  );
  return [metadata.name, listWithMore(all, SHOWN) || NONE, since(metadata.creationTimestamp, now)];
};

const endpointSlices: Printer = (object, now) => {
  const slice = object as unknown as EndpointSlice;
  const ports = (slice.ports ?? []).map((p) => (p.port !== undefined ? String(p.port) : (p.name ?? '*')));
  const addresses = (slice.endpoints ?? []).flatMap((e) => e.addresses ?? []);
  return [
    slice.metadata.name,
    slice.addressType ?? '',
    listWithMore(ports, SHOWN) || UNSET,
    listWithMore(addresses, SHOWN) || UNSET,
    since(slice.metadata.creationTimestamp, now),
  ];
};

export const serviceCells: Readonly<Record<string, Printer>> = {
  services,
  endpoints,
  'endpointslices.discovery.k8s.io': endpointSlices,
};
