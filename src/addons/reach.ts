import type { Endpoint, EndpointSlice, Pod, ServiceCIDR } from '../../schema/types.ts';
import type { Informer } from '../client/contract.ts';
import { formatAddress, isInRange, parseAddress, parseRange, type Range } from '../meta/address.ts';
import { isGlobal } from '../rules/destination.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { endpointsOf, servicesOfSlice } from '../rules/service-slices.ts';
import type { Machine } from './machine.ts';

const API = 'default/kubernetes';
const BY_SERVICE = 'service';

export interface ReachOptions {
  machine: Machine;
  slices: Informer<EndpointSlice>;
  serviceCIDRs: Informer<ServiceCIDR>;
  /** asked for only where an endpoint has an address of this machine: elsewhere nobody needs to know all pods */
  pods(): Informer<Pod>;
}

/**
 * Where requests from outside may be led. The proxy stands where it reaches more than those who write Services and
 * EndpointSlices do: itself, the API, the machine's own loopback, the metadata service of its cloud. The rule is that
 * of what the API server connects to for others (api/streams/destinations), and of the machine's own addresses only
 * those of pods that are in its network.
 */
export class Reach {
  constructor(private readonly options: ReachOptions) {
    options.slices.addIndex(BY_SERVICE, servicesOfSlice);
  }

  /**
   * The address to connect to, in canonical text; undefined when nobody may be led there.
   * @param endpoint as which the address stands in a slice of the namespace; none for the address of an external name
   */
  allowed(ip: string, port: number, namespace = '', endpoint?: Endpoint): string | undefined {
    const address = parseAddress(ip);
    if (!address || !isGlobal(address) || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
    const text = formatAddress(address);
    if (this.ranges().some((range) => isInRange(address, range)) || this.isApi(text, port)) return undefined;
    return !this.options.machine.owns(text) || this.isOfHostPod(text, namespace, endpoint) ? text : undefined;
  }

  /** The slices of a Service. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.options.slices.index(BY_SERVICE, `${namespace}/${service}`);
  }

  /** Of the service range, whose addresses lead wherever they are made to. */
  private ranges(): Range[] {
    return this.options.serviceCIDRs
      .list()
      .flatMap(({ spec }) => spec?.cidrs ?? [])
      .flatMap((cidr) => parseRange(cidr) ?? []);
  }

  private isApi(ip: string, port: number): boolean {
    return this.options.slices
      .index(BY_SERVICE, API)
      .some(
        (slice) =>
          slice.ports?.some((one) => one.port === port) &&
          endpointsOf(slice).some(({ addresses }) => addresses.includes(ip)),
      );
  }

  private isOfHostPod(ip: string, namespace: string, endpoint: Endpoint | undefined): boolean {
    const { kind, name = '', namespace: ofPod } = endpoint?.targetRef ?? {};
    if (kind !== 'Pod' || ofPod !== namespace) return false;
    const pod = this.options.pods().get(namespace, name);
    return (
      pod?.spec?.hostNetwork === true &&
      !isPodTerminal(pod) &&
      (pod.status?.podIPs?.some((one) => one.ip === ip) ?? false)
    );
  }
}
