import { Balancer } from '../../../rules/relay/balancer.ts';
import type { Target } from '../../../rules/relay/target.ts';
import type { Protocol, ServiceRoute } from '../service-routes.ts';
import type { ServiceProxyOptions } from '../service-proxy.ts';
import { TcpProxy, type ProxyPort } from '../../../rules/relay/tcp-proxy.ts';
import { UdpProxy } from '../../../rules/relay/udp-proxy.ts';

/** Relays at once; endpoints beyond them are not reached. */
const MAX_RELAYS = 256;

/**
 * Endpoints on this machine's loopback (the API listens on 127.0.0.1 by default): the kernel leads nobody there, and it
 * shall not, as whoever may be led there could reach all that trusts in it. A port on the pods' gateway leads to each.
 */
export class LoopbackRelays {
  private readonly relays = new Map<string, { port: number; close(): void }>();

  constructor(
    private readonly gateway: string,
    private readonly options: Pick<ServiceProxyOptions, 'random' | 'clock' | 'log'>,
  ) {}

  /** The routes, with relays in place of what they lead to on the loopback; relays that none needs are ended. */
  async reroute(routes: readonly ServiceRoute[]): Promise<ServiceRoute[]> {
    const needed = new Set<string>();
    const result: ServiceRoute[] = [];
    for (const route of routes) {
      const { cluster, local } = route.endpoints;
      if (![...cluster, ...local].some(isLoopback)) result.push(route);
      else {
        const relay = (targets: readonly Target[]) => this.relayed(route.protocol, targets, needed);
        const endpoints = { ...route.endpoints, cluster: await relay(cluster), local: await relay(local) };
        result.push({ ...route, endpoints });
      }
    }
    for (const [key, relay] of this.relays) {
      if (needed.has(key)) continue;
      relay.close();
      this.relays.delete(key);
    }
    return result;
  }

  close(): void {
    for (const relay of this.relays.values()) relay.close();
    this.relays.clear();
  }

  private async relayed(protocol: Protocol, targets: readonly Target[], needed: Set<string>): Promise<Target[]> {
    const result: Target[] = [];
    for (const target of targets) {
      if (!isLoopback(target)) {
        result.push(target);
        continue;
      }
      const key = `${protocol} ${target.address} ${target.port}`;
      needed.add(key);
      const port = this.relays.get(key)?.port ?? (await this.open(key, protocol, target));
      if (port) result.push({ address: this.gateway, port });
    }
    return result;
  }

  private async open(key: string, protocol: Protocol, target: Target): Promise<number | undefined> {
    if (protocol === 'SCTP' || this.relays.size >= MAX_RELAYS) return undefined;
    const to: ProxyPort = {
      balancer: new Balancer(this.options.random, this.options.clock),
      targets: () => [target],
      affinityMs: () => 0,
      allows: () => true,
    };
    const proxy = protocol === 'UDP' ? new UdpProxy(to, this.gateway) : new TcpProxy(to);
    try {
      await proxy.listen(0, this.gateway);
    } catch (error) {
      proxy.close();
      this.options.log('an endpoint on the loopback is not reached', { error: (error as Error).message });
      return undefined;
    }
    this.relays.set(key, { port: proxy.boundPort, close: () => proxy.close() });
    return proxy.boundPort;
  }
}

const isLoopback = ({ address }: Target): boolean => address.startsWith('127.');
