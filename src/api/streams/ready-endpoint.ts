import { SERVICE_NAME } from '../../rules/service-slices.ts';
import type { Store } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';

const SLICES = 'endpointslices.discovery.k8s.io';

export interface Endpoint {
  host: string;
  port: number;
}

/** One of the endpoints of a Service's port that are ready. @param portName '' for a port without a name */
export function readyEndpoint(
  store: Store,
  namespace: string,
  service: string,
  portName: string,
): Endpoint | undefined {
  const found: Endpoint[] = [];
  for (const stored of store.list({ resource: SLICES, namespace }).items) {
    if (stored.labels?.[SERVICE_NAME] !== service) continue;
    const { endpoints, ports } = objectAs(SLICES, stored);
    const port = ports?.find((one) => (one.name ?? '') === portName)?.port;
    if (!port) continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      const [host] = addresses;
      if (host && conditions?.ready !== false) found.push({ host, port });
    }
  }
  return found[Math.floor(Math.random() * found.length)];
}
