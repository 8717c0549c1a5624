import type { Store } from '../../../store/contract.ts';
import { objectAs } from '../../object-as.ts';
import { hostOf } from '../../streams/kubelet.ts';
import { readyEndpoint } from '../../streams/ready-endpoint.ts';

/** clientConfig of a webhook: a URL, or a Service of the cluster. */
export interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** base64 of PEM */
  caBundle?: string;
}

/** Where a webhook is called, and the name that its certificate must have. Throws Error without the service. */
export function addressOf(store: Store, config: ClientConfig): { url: URL; servername?: string } {
  if (config.url) return { url: new URL(config.url) };
  const { namespace, name, path = '/', port = 443 } = config.service!;
  const service = store.get({ resource: 'services', namespace, name });
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { spec } = objectAs('services', service);
  const portName = spec?.ports?.find((p) => p.port === port)?.name ?? '';
  // this process need not be where cluster IPs lead anywhere
  const endpoint = readyEndpoint(store, namespace, name, portName);
  const host = endpoint ? `${hostOf(endpoint.host)}:${endpoint.port}` : `${spec?.clusterIP}:${port}`;
  return { url: new URL(path, `https://${host}`), servername: `${name}.${namespace}.svc` };
}

/** The address that messages speak of: of a service, its name in the cluster. */
export function shownUrl({ url, service }: ClientConfig): URL {
  if (url || !service) return new URL(url ?? '');
  return new URL(service.path ?? '/', `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`);
}
