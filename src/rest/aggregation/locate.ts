import type { Api } from '../../api/contract.ts';

const API_SERVICES = 'apiservices.apiregistration.k8s.io';
const SLICES = 'endpointslices.discovery.k8s.io';

/** spec of an APIService that another server answers for */
export interface RemoteSpec {
  group: string;
  version: string;
  service: { namespace: string; name: string; port?: number };
  /** base64 of PEM */
  caBundle?: string;
  insecureSkipTLSVerify?: boolean;
}
export interface Endpoint {
  host: string;
  port: number;
}
interface Slice {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[];
  ports?: { name?: string; port?: number }[];
}

const ALL = { resource: API_SERVICES };
/** Most clusters have none, and then nothing is looked for. */
export const hasApiServices = ({ store }: Api): boolean => store.count(ALL) > 0;

/** The server that a group and version belong to; undefined where it is this one, or nobody. */
export function remoteOf({ store, registry }: Api, group: string, version: string): RemoteSpec | undefined {
  // what this server has itself it serves itself
  if (registry.groups().some((g) => g.group === group && g.versions.includes(version))) return undefined;
  const spec = store.get({ resource: API_SERVICES, namespace: '', name: `${version}.${group}` })?.object['spec'] as
    RemoteSpec | undefined;
  return spec?.service ? spec : undefined;
}

/** Versions of a group that other servers answer for, the preferred one first. */
export function remoteVersions({ store }: Api, group: string): string[] {
  const specs = store.list(ALL).items.map((s) => s.object['spec'] as RemoteSpec & { versionPriority?: number });
  return specs
    .filter((spec) => spec.group === group && spec.service)
    .sort((a, b) => (b.versionPriority ?? 0) - (a.versionPriority ?? 0) || (a.version < b.version ? -1 : 1))
    .map((spec) => spec.version);
}

/** Where a service answers: one of its ready endpoints, else its cluster IP. Undefined: nowhere. */
export function endpointOf(
  { store }: Api,
  { service: { namespace, name, port = 443 } }: RemoteSpec,
): Endpoint | undefined {
  const service = store.get({ resource: 'services', namespace, name });
  const spec = (service?.object['spec'] ?? {}) as {
    clusterIP?: string;
    type?: string;
    externalName?: string;
    ports?: { name?: string; port: number }[];
  };
  if (!service) return undefined;
  if (spec.type === 'ExternalName') return spec.externalName ? { host: spec.externalName, port } : undefined;
  const wanted = spec.ports?.find((p) => p.port === port);
  if (!wanted) return undefined;
  const found: Endpoint[] = [];
  for (const stored of store.list({ resource: SLICES, namespace }).items) {
    if (stored.labels?.['kubernetes.io/service-name'] !== name) continue;
    const { endpoints, ports } = stored.object as unknown as Slice;
    const at = ports?.find((p) => (p.name ?? '') === (wanted.name ?? ''))?.port;
    for (const { addresses, conditions } of endpoints ?? []) {
      const [host] = addresses;
      if (at && host && conditions?.ready !== false) found.push({ host, port: at });
    }
  }
  return found[Math.floor(Math.random() * found.length)];
}
