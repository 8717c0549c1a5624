import { networkInterfaces } from 'node:os';
import type { Clock } from '../rules/clock.ts';

/** How long the list of addresses is good, ms: an interface comes or goes rarely, and it is asked for each packet. */
const FRESH_MS = 1000;

/** The IPv4 addresses of this machine, as they are now. */
export class Machine {
  private addresses: readonly string[] = [];
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

  private read(): readonly string[] {
    const now = this.clock.now();
    if (now - this.readAt >= FRESH_MS || now < this.readAt) {
      const all = Object.values(this.interfaces()).flatMap((each) => each ?? []);
      this.addresses = all.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
      this.readAt = now;
    }
    return this.addresses;
  }
}
