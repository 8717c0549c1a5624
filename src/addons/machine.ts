import { networkInterfaces } from 'node:os';
import { isInRange, parseAddress, parseRange, type Range } from '../meta/address.ts';
import type { Clock } from '../rules/clock.ts';

/** How long the list of addresses is good, ms: an interface comes or goes rarely, and it is asked for each packet. */
const FRESH_MS = 1000;

const PRIVATE = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./;

/** The IPv4 addresses of this machine, as they are now. */
export class Machine {
  private addresses: readonly string[] = [];
  private networks: readonly Range[] = [];
  private readAt = -Infinity;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly interfaces: typeof networkInterfaces = networkInterfaces,
  ) {}

  /** One that an EndpointSlice takes: neither loopback nor link-local. Undefined on a machine without a network. */
  address(): string | undefined {
    return this.read().find((address) => !/^(127|169\.254)\./.test(address));
  }

  /** Whether the address is this machine's. */
  owns(address: string): boolean {
    return address.startsWith('127.') || this.read().includes(address);
  }

  /**
   * Whether the address is this machine's, or a private one (RFC 1918) in a network that the machine is in itself: that
   * of its pods, which a proxy that keeps the source does not hide.
   */
  isNear(address: string): boolean {
    if (this.owns(address)) return true;
    const parsed = PRIVATE.test(address) ? parseAddress(address) : undefined;
    return parsed !== undefined && this.networks.some((network) => isInRange(parsed, network));
  }

  private read(): readonly string[] {
    const now = this.clock.now();
    if (now - this.readAt >= FRESH_MS || now < this.readAt) {
      const all = Object.values(this.interfaces()).flatMap((each) => each ?? []);
      const own = all.filter(({ family }) => family === 'IPv4');
      this.addresses = own.map(({ address }) => address);
      this.networks = own.flatMap(({ cidr }) => parseRange(cidr ?? '') ?? []);
      this.readAt = now;
    }
    return this.addresses;
  }
}
