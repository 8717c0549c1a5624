import type { Store, Stored } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import { IpRange } from './ip-range.ts';

export const SERVICE_CIDRS = 'servicecidrs.networking.k8s.io';

interface Known {
  range: IpRange;
  /** Services may get addresses of it: its ServiceCIDR is ready, as far as is known, and is not being deleted */
  ready: boolean;
}

/** The IPv4 ranges that Services get their addresses from: those of all ServiceCIDRs (KEP-1880). */
export class ServiceRanges {
  private seen: readonly Stored[] = [];
  private known: readonly Known[] = [];

  /**
   * @param configured the range that a new cluster has its first ServiceCIDR for; throws Error for one that has no address
   *   for the API's own Service
   */
  constructor(
    private readonly store: Pick<Store, 'list'>,
    readonly configured: IpRange,
  ) {
    if (!configured.contains(configured.apiAddress))
      throw new Error(`${configured.cidr} has no address for the API's own Service`);
  }

  /** It is of a range of any ServiceCIDR, whatever its state: where a connection to it leads is up to a Service. */
  covers(ip: string): boolean {
    return this.configured.covers(ip) || this.all().some(({ range }) => range.covers(ip));
  }

  /** The range that a Service may have this address of; undefined where there is none. */
  rangeOf(ip: string): IpRange | undefined {
    return this.all().find(({ range, ready }) => ready && range.contains(ip))?.range;
  }

  /** Those to draw from, in the order of their ServiceCIDRs' names. */
  ready(): IpRange[] {
    return this.all().flatMap(({ range, ready }) => (ready ? [range] : []));
  }

  private all(): readonly Known[] {
    const { items } = this.store.list({ resource: SERVICE_CIDRS });
    // the store gives the same array until one of them changes
    if (items !== this.seen) {
      this.seen = items;
      this.known = items.flatMap(knownOf);
    }
    return this.known;
  }
}

function knownOf(stored: Stored): Known[] {
  const { metadata, spec, status } = objectAs(SERVICE_CIDRS, stored);
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  // without the controller that says so, a range is good from the beginning
  const ready = !metadata.deletionTimestamp && (condition === undefined || condition.status === 'True');
  return (spec?.cidrs ?? []).filter((cidr) => !cidr.includes(':')).map((cidr) => ({ range: new IpRange(cidr), ready }));
}
