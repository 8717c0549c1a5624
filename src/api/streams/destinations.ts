import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress, type Address } from '../../meta/address.ts';
import { isDns1123Subdomain } from '../../meta/names.ts';
import { badRequest } from '../../meta/status.ts';
import { isGlobal, isLoopback } from '../../rules/destination.ts';

/** `elsewhere`: what a pod, a Service or a port of a node may lead to. `kubelet`: may be on the API's own machine too. */
export type Purpose = 'elsewhere' | 'kubelet';

/** The words of kube-apiserver. */
export const addressNotAllowed = (): Error => badRequest('address not allowed');

/** How long the list of this machine's addresses is good, ms. */
const FRESH_MS = 1000;

/**
 * Where connections that somebody asks this server for may go. It stands where it reaches more than they do: itself, its
 * database, the metadata service of its cloud. Whoever writes an address or a name into an object must not get there.
 */
export class Destinations {
  private readonly listening = new Set<string>();
  private own: ReadonlySet<string> = new Set();
  private readAt = -Infinity;

  constructor(
    private readonly services: { covers(ip: string): boolean },
    private readonly interfaces: typeof networkInterfaces = networkInterfaces,
    private readonly resolve: (name: string) => Promise<readonly { address: string }[]> = (name) =>
      lookup(name, { all: true }),
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The API takes connections here. @param address `0.0.0.0` and `::` are all of the machine's */
  listensAt(address: string, port: number): void {
    const parsed = parseAddress(address);
    if (parsed) this.listening.add(`${formatAddress(parsed)} ${port}`);
  }

  /** The address in its canonical text, when connections may go to this port of it. */
  allowed(ip: string, port: number, purpose: Purpose = 'elsewhere'): string | undefined {
    const address = parseAddress(ip);
    if (!address || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
    if (!isGlobal(address) && !(purpose === 'kubelet' && isLoopback(address))) return undefined;
    return this.atHome(address, port);
  }

  /**
   * An address of the loopback range that a pod got from its node, where pods share their host's network. That this pod
   * has it the caller must have made sure of.
   */
  allowedOfPod(ip: string, port: number): string | undefined {
    const address = parseAddress(ip);
    return address && isLoopback(address) ? this.atHome(address, port) : undefined;
  }

  /**
   * The address to dial for a host that may be a name. All that the name leads to must be allowed, and it is the checked
   * address that is dialled: what the name says later does not count. Throws 400.
   */
  async locate(host: string, port: number, purpose: Purpose = 'elsewhere'): Promise<string> {
    if (parseAddress(host)) return this.allowed(host, port, purpose) ?? fail();
    if (!isHostName(host)) return fail();
    const found = await this.resolve(host).catch(() => []);
    if (found.length === 0) throw badRequest(`lookup ${host}: no such host`);
    const addresses = found.map(({ address }) => this.allowed(address, port, purpose) ?? fail());
    return addresses[0] ?? fail();
  }

  /** Whether the address is one of the machine that this server runs on. */
  isHere(ip: string): boolean {
    const address = parseAddress(ip);
    return address !== undefined && (isLoopback(address) || this.addresses().has(formatAddress(address)));
  }

  /** Undefined for the service range, whose addresses lead wherever they are made to, and for this very server. */
  private atHome(address: Address, port: number): string | undefined {
    const text = formatAddress(address);
    if (this.services.covers(text)) return undefined;
    if (this.listening.has(`${text} ${port}`)) return undefined;
    const everywhere = this.listening.has(`0.0.0.0 ${port}`) || this.listening.has(`:: ${port}`);
    return everywhere && this.isHere(text) ? undefined : text;
  }

  private addresses(): ReadonlySet<string> {
    const now = this.now();
    if (now - this.readAt >= FRESH_MS) {
      const all = Object.values(this.interfaces()).flatMap((each) => each ?? []);
      this.own = new Set(all.map(({ address }) => address));
      this.readAt = now;
    }
    return this.own;
  }
}

const fail = (): never => {
  throw addressNotAllowed();
};

/** A DNS name that no reader of URLs takes for an address (`2130706433`, `127.1`). */
const isHostName = (host: string): boolean =>
  isDns1123Subdomain(host.toLowerCase()).length === 0 && !/(^|\.)(\d+|0x[0-9a-f]*)$/i.test(host);
