import type { EndpointSlice, Service, ServicePort } from '../../../../schema/types.ts';
import type { Informer } from '../../../client/contract.ts';
import { keyOf } from '../../../control/keys.ts';
import type { Clock } from '../../../rules/clock.ts';
import { endpointsOf, servicesOfSlice } from '../../../rules/service-slices.ts';
import type { Target } from '../../../rules/relay/target.ts';
import type { Reach } from '../../reach.ts';

const BY_SERVICE = 'service';
/** How long it stands whom it may lead to, ms: pods, the API and the ranges of Services have a say in that. */
const STANDS_MS = 1000;

/** Where the ports of Services lead now: what was found stands for a moment, or until an EndpointSlice changes. */
export class Targets {
  /** by `namespace/name` of the Service, then by the name of the port */
  private readonly found = new Map<string, Map<string, Found>>();
  private readonly unfollow: () => void;

  constructor(
    private readonly slices: Informer<EndpointSlice>,
    private readonly reach: Pick<Reach, 'allowed'>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    slices.addIndex(BY_SERVICE, servicesOfSlice);
    this.unfollow = slices.follow((now, old) => {
      for (const slice of [now, old]) for (const key of slice ? servicesOfSlice(slice) : []) this.found.delete(key);
    });
  }

  /**
   * Ready endpoints; where there are none, those that end but still serve (KEP-1669).
   * @param mayLead whether endpoints of this node count
   */
  of(service: Service, port: ServicePort, mayLead?: (node: string) => boolean): readonly Target[] {
    const all = this.all(service, port);
    return mayLead ? all.filter((target) => target.node !== undefined && mayLead(target.node)) : all;
  }

  stop(): void {
    this.unfollow();
  }

  private all(service: Service, port: ServicePort): readonly NodeTarget[] {
    const key = keyOf(service);
    const name = port.name ?? '';
    let ports = this.found.get(key);
    const known = ports?.get(name);
    const now = this.clock.now();
    if (known && now < known.until) return known.targets;
    if (!ports) this.found.set(key, (ports = new Map()));
    const targets = this.look(key, service.metadata.namespace ?? '', name);
    ports.set(name, { targets, until: now + STANDS_MS });
    return targets;
  }

  private look(key: string, namespace: string, portName: string): NodeTarget[] {
    const ready: NodeTarget[] = [];
    const leaving: NodeTarget[] = [];
    for (const slice of this.slices.index(BY_SERVICE, key)) {
      const port = slice.ports?.find((one) => (one.name ?? '') === portName)?.port;
      if (slice.addressType !== 'IPv4' || !port) continue;
      for (const endpoint of endpointsOf(slice)) {
        const { ready: isReady, serving, terminating } = endpoint.conditions ?? {};
        const address = this.reach.allowed(endpoint.addresses[0] ?? '', port, namespace, endpoint);
        if (address === undefined) continue;
        const target = { address, port, node: endpoint.nodeName };
        if (isReady !== false) ready.push(target);
        else if (serving && terminating) leaving.push(target);
      }
    }
    return ready.length ? ready : leaving;
  }
}

interface NodeTarget extends Target {
  node: string | undefined;
}

interface Found {
  targets: readonly NodeTarget[];
  /** ms since the epoch */
  until: number;
}
