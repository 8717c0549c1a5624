import type { Protocol } from './service-routes.ts';
import { TcpProxy, type ProxyPort } from '../../rules/relay/tcp-proxy.ts';
import { UdpProxy } from '../../rules/relay/udp-proxy.ts';

/** Ports held at once: an open file each. Further ones are served without. */
const MAX_CLAIMS = 4096;

/** A port that the kernel leads elsewhere before it is heard here. */
export interface Claim extends ProxyPort {
  protocol: Protocol;
  address: string;
  port: number;
}

/**
 * Holds node ports, so that no other program, and no other cluster on this machine, takes them for its own, and finds
 * out when one has. What comes here all the same is from the machine to its own 127.0.0.1, which the kernel does not
 * lead to pods, and is passed on. (SCTP ports cannot be held from here.)
 */
export class PortClaims {
  private readonly held = new Map<string, { claim: Claim; close(): void }>();

  /** Holds these and no others. @returns those that somebody else has, with the reason; tried again each time */
  async hold(wanted: readonly Claim[]): Promise<Map<Claim, string>> {
    const keys = new Map(wanted.map((claim) => [keyOf(claim), claim]));
    for (const [key, holder] of this.held) {
      const claim = keys.get(key);
      if (claim) {
        holder.claim = claim;
        continue;
      }
      holder.close();
      this.held.delete(key);
    }
    const taken = new Map<Claim, string>();
    for (const claim of wanted) {
      const key = keyOf(claim);
      if (claim.protocol === 'SCTP' || this.held.has(key) || this.held.size >= MAX_CLAIMS) continue;
      const failure = await this.open(key, claim);
      if (failure) taken.set(claim, failure);
    }
    return taken;
  }

  close(): void {
    for (const holder of this.held.values()) holder.close();
    this.held.clear();
  }

  private async open(key: string, claim: Claim): Promise<string | undefined> {
    const held = { claim, close: () => proxy.close() };
    const port: ProxyPort = {
      balancer: claim.balancer,
      targets: () => held.claim.targets(),
      affinityMs: () => held.claim.affinityMs(),
      allows: (client) => held.claim.allows(client),
    };
    const proxy = claim.protocol === 'UDP' ? new UdpProxy(port, claim.address) : new TcpProxy(port);
    try {
      await proxy.listen(claim.port, claim.address);
      this.held.set(key, held);
      return undefined;
    } catch (error) {
      proxy.close();
      return (error as Error).message;
    }
  }
}

const keyOf = ({ protocol, address, port }: Claim): string => `${protocol} ${address} ${port}`;
