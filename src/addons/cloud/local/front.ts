import type { Node, Service, ServicePort } from '../../../../schema/types.ts';
import type { Clock } from '../../../rules/clock.ts';
import { Balancer } from '../../../rules/relay/balancer.ts';
import { allowedBy } from '../../../rules/relay/source-ranges.ts';
import { TcpProxy, type ProxyPort } from '../../../rules/relay/tcp-proxy.ts';
import { UdpProxy } from '../../../rules/relay/udp-proxy.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { parseRange } from '../../../meta/address.ts';
import { NodeHealth, type Ask } from './node-health.ts';
import type { Targets } from './targets.ts';

/** How long a client keeps its endpoint where the Service does not say, s. */
const AFFINITY_S = 10_800;
/** The ranges, where the Service's spec has none. */
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
/** Ports of which it is told that they cannot be served. */
const MAX_SAID = 10;

export interface FrontOptions {
  targets: Targets;
  clock: Clock;
  random(): number;
  ask?: Ask;
}

interface Listener {
  close(): void;
}

/**
 * What listens at one address for one Service, port by port. What the Service says is looked at for each connection, so a
 * change needs no new listener, and those that are open go on.
 */
export class Front {
  private readonly listeners = new Map<string, Listener>();
  private health: NodeHealth | undefined;
  private healthPort = 0;
  private isLimited = false;
  private ranges: readonly string[] = [];
  private service: Service;

  constructor(
    readonly address: string,
    service: Service,
    private readonly options: FrontOptions,
  ) {
    this.service = service;
  }

  /** Ports that are listened at. */
  get size(): number {
    return this.listeners.size;
  }

  /**
   * @param room ports at which it may listen
   * @throws Error of the ports that cannot be served; all others are
   */
  async use(service: Service, nodes: readonly Node[], room: number): Promise<void> {
    this.service = service;
    const ranges = sourceRangesOf(service);
    this.isLimited = ranges.length > 0;
    this.ranges = ranges.filter(isV4);
    this.check(nodes);
    const ports = new Map((service.spec?.ports ?? []).map((port) => [keyOf(port), port]));
    for (const [key, listener] of this.listeners) {
      if (ports.has(key)) continue;
      listener.close();
      this.listeners.delete(key);
    }
    const failed: string[] = [];
    for (const [key, port] of ports)
      if (!this.listeners.has(key))
        await this.open(key, port, room).catch((error: unknown) => failed.push(`${key}: ${errorMessage(error)}`));
    if (failed.length) throw new Error(shortened(failed));
  }

  /** Of a Service that keeps to the node where it comes in, only nodes that say that they have endpoints are led to. */
  check(nodes: readonly Node[]): void {
    const { externalTrafficPolicy, healthCheckNodePort = 0 } = this.service.spec ?? {};
    const port = externalTrafficPolicy === 'Local' ? healthCheckNodePort : 0;
    if (port !== this.healthPort) {
      this.health?.stop();
      this.health = port ? new NodeHealth(port, this.options.clock, this.options.ask) : undefined;
      this.healthPort = port;
    }
    this.health?.use(nodes);
  }

  close(): void {
    this.health?.stop();
    for (const listener of this.listeners.values()) listener.close();
    this.listeners.clear();
  }

  private async open(key: string, { protocol = 'TCP', port }: ServicePort, room: number): Promise<void> {
    if (this.size >= room) throw new Error(`not more than ${room} ports are served`);
    if (protocol !== 'TCP' && protocol !== 'UDP') throw new Error(`${protocol} is not served`);
    const to = this.ledBy(key);
    const proxy = protocol === 'UDP' ? new UdpProxy(to, this.address) : new TcpProxy(to);
    try {
      await proxy.listen(port, this.address);
    } catch (error) {
      proxy.close();
      throw error;
    }
    this.listeners.set(key, proxy);
  }

  private ledBy(key: string): ProxyPort {
    const { random, clock, targets } = this.options;
    return {
      balancer: new Balancer(() => random(), clock),
      targets: () => {
        const port = this.service.spec?.ports?.find((each) => keyOf(each) === key);
        const { health } = this;
        return port ? targets.of(this.service, port, health && ((node) => health.isHealthy(node))) : [];
      },
      affinityMs: () => {
        const { sessionAffinity, sessionAffinityConfig } = this.service.spec ?? {};
        if (sessionAffinity !== 'ClientIP') return 0;
        return (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_S) * 1000;
      },
      allows: (client) => this.allows(client),
    };
  }

  /** Where all ranges are of another family, nobody of this one is in them. */
  private allows(client: string): boolean {
    return !this.isLimited || (this.ranges.length > 0 && allowedBy(this.ranges, client));
  }
}

/** Who is let in; of none, everybody is. Source: GetLoadBalancerSourceRanges of k8s.io/cloud-provider. */
function sourceRangesOf({ metadata, spec }: Service): string[] {
  const { loadBalancerSourceRanges = [] } = spec ?? {};
  const annotated = metadata.annotations?.[SOURCE_RANGES]?.trim();
  const ranges = loadBalancerSourceRanges.length || !annotated ? loadBalancerSourceRanges : annotated.split(',');
  return ranges.map((range) => range.trim());
}

const shortened = (failed: readonly string[]): string => {
  const more = failed.length > MAX_SAID ? [`and ${failed.length - MAX_SAID} more`] : [];
  return [...failed.slice(0, MAX_SAID), ...more].join(', ');
};
const keyOf = ({ protocol = 'TCP', port }: ServicePort): string => `${protocol} ${port}`;
const isV4 = (range: string): boolean => parseRange(range)?.address.family === 4;
