import type { EndpointAddress } from '../../../schema/types.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { podAddress } from './pod-address.ts';

export interface PodEndpoint {
  /** in canonical text */
  address: string;
  port: number;
}

/** The same items from a random one on. */
function* fromAnywhere<T>(items: readonly T[]): Generator<T> {
  const first = Math.floor(Math.random() * items.length);
  yield* items.slice(first);
  yield* items.slice(0, first);
}

/**
 * One of the ready endpoints of a Service's port, from its Endpoints object, that is a pod of the namespace and has the
 * address that the object says. Source: registry/core/service ResourceLocation.
 * @param portName '' for a port without a name
 */
export function podEndpoint(core: Core, namespace: string, service: string, portName: string): PodEndpoint | undefined {
  const stored = core.store.get({ resource: 'endpoints', namespace, name: service });
  if (!stored) return undefined;
  for (const { addresses = [], ports = [] } of fromAnywhere(objectAs('endpoints', stored).subsets ?? [])) {
    const port = ports.find((one) => (one.name ?? '') === portName)?.port;
    if (!port) continue;
    for (const one of fromAnywhere(addresses)) {
      const address = addressOfPod(core, namespace, one, port);
      if (address) return { address, port };
    }
  }
  return undefined;
}

function addressOfPod(core: Core, namespace: string, { ip, targetRef }: EndpointAddress, port: number) {
  if (!ip || targetRef?.namespace !== namespace || !targetRef.name) return undefined;
  const stored = core.store.get({ resource: 'pods', namespace, name: targetRef.name });
  const pod = stored && objectAs('pods', stored);
  if (!pod?.status?.podIPs?.some((one) => one.ip === ip)) return undefined;
  return podAddress(core, pod, ip, port);
}
