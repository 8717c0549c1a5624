import { isIPv4 } from 'node:net';
import type { EndpointSlice, Pod, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { servicesOfSlice } from '../../rules/service-slices.ts';
import { reachable, type Endpoint, type Place, type Reachable } from './reachable.ts';

const BY_SERVICE = 'service';
const BY_ADDRESS = 'podIP';

/**
 * Where a service's port leads now. A pod that is being deleted leaves at once, before its slice says so: what the
 * node knows first, it uses first.
 */
export class EndpointTable {
  constructor(
    private readonly slices: Informer<EndpointSlice>,
    private readonly pods: Informer<Pod>,
    private readonly place: () => Place,
  ) {
    slices.addIndex(BY_SERVICE, servicesOfSlice);
    pods.addIndex(BY_ADDRESS, (pod) => (pod.status?.podIP ? [pod.status.podIP] : []));
  }

  /** @param portName '' for a port without a name */
  reachable(service: Service, portName: string): Reachable {
    return reachable(this.endpoints(service, portName), this.place());
  }

  private endpoints(service: Service, portName: string): Endpoint[] {
    const { nodeName } = this.place();
    const { namespace, name } = service.metadata;
    const all = service.spec?.publishNotReadyAddresses === true;
    const found = new Map<string, Endpoint>();
    for (const slice of this.slices.index(BY_SERVICE, `${namespace}/${name}`)) {
      if (slice.addressType !== 'IPv4') continue;
      const port = slice.ports?.find((each) => (each.name ?? '') === portName)?.port;
      if (!port) continue;
      for (const { addresses, conditions, hints, nodeName: on } of slice.endpoints ?? []) {
        const address = addresses[0];
        if (!address || !isIPv4(address)) continue;
        const leaving = !all && this.isLeaving(address);
        const ready = conditions?.ready !== false;
        // Two slices may have it for a moment, while it moves from one to the other.
        found.set(`${address}:${port}`, {
          address,
          port,
          isLocal: on !== undefined && on === nodeName,
          isReady: ready && !leaving,
          isServing: conditions?.serving ?? ready,
          isTerminating: conditions?.terminating === true || leaving,
          nodes: hints?.forNodes?.map((each) => each.name) ?? [],
          zones: hints?.forZones?.map((each) => each.name) ?? [],
        });
      }
    }
    return [...found.values()];
  }

  private isLeaving(address: string): boolean {
    const pods = this.pods.index(BY_ADDRESS, address);
    return pods.length > 0 && pods.every((pod) => pod.metadata.deletionTimestamp !== undefined);
  }
}
