import type { Store } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import type { Destinations } from '../streams/destinations.ts';
import { readyEndpoint } from '../streams/ready-endpoint.ts';
import { targetUrl } from '../streams/target-url.ts';

/** clientConfig of a webhook: a URL, or a Service of the cluster. */
export interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** base64 of PEM */
  caBundle?: string;
}

/** Go's client joins paths: no slash stands twice, none at the end. */
function ofClient(url: URL): URL {
  url.pathname = url.pathname.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return url;
}

/** Webhooks that are behind an aggregated API are called at this server itself, which passes the call on. */
const isApi = (namespace: string, name: string): boolean => namespace === 'default' && name === 'kubernetes';

/**
 * Where a webhook is called, and the name that its certificate must have. Throws Error without the service, and
 * StatusError where its endpoint is an address that nobody is to reach by this server.
 */
export async function addressOf(
  store: Store,
  destinations: Destinations,
  config: ClientConfig,
): Promise<{ url: URL; servername?: string }> {
  if (config.url) return { url: ofClient(new URL(config.url)) };
  const { namespace, name, path = '/', port = 443 } = config.service!;
  const service = store.get({ resource: 'services', namespace, name });
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { spec } = objectAs('services', service);
  const portName = spec?.ports?.find((p) => p.port === port)?.name ?? '';
  const servername = `${name}.${namespace}.svc`;
  // this process need not be where cluster IPs lead anywhere
  const endpoint = readyEndpoint(store, namespace, name, portName);
  if (!endpoint) {
    const { clusterIP } = spec ?? {};
    if (!clusterIP || clusterIP === 'None')
      throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
    return { url: ofClient(targetUrl({ secure: true, host: clusterIP, port, path })), servername };
  }
  const host = isApi(namespace, name) ? endpoint.host : await destinations.locate(endpoint.host, endpoint.port);
  return { url: ofClient(targetUrl({ secure: true, host, port: endpoint.port, path })), servername };
}

/** The address that messages speak of: of a service, its name in the cluster. */
export function shownUrl({ url, service }: ClientConfig): URL {
  if (url || !service) return ofClient(new URL(url ?? ''));
  const { namespace, name, path = '/', port = 443 } = service;
  return ofClient(targetUrl({ secure: true, host: `${name}.${namespace}.svc`, port, path }));
}
