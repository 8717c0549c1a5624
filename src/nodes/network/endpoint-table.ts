import type { EndpointSlice, Pod, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { servicesOfSlice } from '../../rules/service-slices.ts';

export interface Target {
  address: string;
  port: number;
}

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
  ) {
    slices.addIndex(BY_SERVICE, servicesOfSlice);
    pods.addIndex(BY_ADDRESS, (pod) => (pod.status?.podIP ? [pod.status.podIP] : []));
  }

  private slicesOf(service: Service): EndpointSlice[] {
    return this.slices.index(BY_SERVICE, `${service.metadata.namespace}/${service.metadata.name}`);
  }

  /** Ready endpoints; where there are none, those that end but still serve (KEP-1669). */
  targets(service: Service, portName: string): Target[] {
    const ready: Target[] = [];
    const terminating: Target[] = [];
    for (const slice of this.slicesOf(service)) {
      if (slice.addressType === 'FQDN') continue;
      const port = slice.ports?.find((each) => (each.name ?? '') === portName)?.port;
      if (!port) continue;
      for (const { addresses, conditions = {} } of slice.endpoints) {
        const address = addresses[0]!;
        if (conditions.ready !== false && !this.isLeaving(address)) ready.push({ address, port });
        else if (conditions.serving !== false || conditions.terminating) terminating.push({ address, port });
      }
    }
    return ready.length ? ready : terminating;
  }

  private isLeaving(address: string): boolean {
    const pods = this.pods.index(BY_ADDRESS, address);
    return pods.length > 0 && pods.every((pod) => pod.metadata.deletionTimestamp !== undefined);
  }
}
