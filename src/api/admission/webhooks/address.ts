import type { Store } from '../../../store/contract.ts';
import { hostOf } from '../../streams/kubelet.ts';

/** clientConfig of a webhook: a URL, or a Service of the cluster. */
export interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** base64 of PEM */
  caBundle?: string;
}
interface Slice {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[];
  ports?: { name?: string; port?: number }[];
}

/** A ready endpoint of a service port: this process need not be where cluster IPs lead anywhere. */
function endpointOf(store: Store, namespace: string, name: string, portName: string): string | undefined {
  for (const stored of store.list({ resource: 'endpointslices.discovery.k8s.io', namespace }).items) {
    if (stored.labels?.['kubernetes.io/service-name'] !== name) continue;
    const slice = stored.object as unknown as Slice;
    const port = slice.ports?.find((p) => (p.name ?? '') === portName)?.port;
    const ready = (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false);
    if (port && ready.length) return `${hostOf(ready[Math.floor(Math.random() * ready.length)].addresses[0])}:${port}`;
  }
  return undefined;
}

/** Where a webhook is called, and the name that its certificate must have. Throws Error without the service. */
export function addressOf(store: Store, config: ClientConfig): { url: URL; servername?: string } {
  if (config.url) return { url: new URL(config.url) };
  const { namespace, name, path = '/', port = 443 } = config.service!;
  const service = store.get({ resource: 'services', namespace, name });
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  const ports = (service.object['spec']?.ports ?? []) as { name?: string; port: number }[];
  const portName = ports.find((p) => p.port === port)?.name ?? '';
  const host = endpointOf(store, namespace, name, portName) ?? `${service.object['spec']?.clusterIP}:${port}`;
  return { url: new URL(path, `https://${host}`), servername: `${name}.${namespace}.svc` };
}

/** The address that messages speak of: of a service, its name in the cluster. */
export function shownUrl({ url, service }: ClientConfig): URL {
  if (url || !service) return new URL(url ?? '');
  return new URL(service.path ?? '/', `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`);
}
