import { Balancer } from '../../../rules/relay/balancer.ts';
import { nodeAddress } from '../node-address.ts';
import { HealthChecks } from '../health-checks.ts';
import { PortClaims, type Claim } from '../port-claims.ts';
import { RouteSource } from '../route-source.ts';
import type { ServiceProxy, ServiceProxyOptions } from '../service-proxy.ts';
import type { ServiceRoute } from '../service-routes.ts';
import { SyncLoop } from '../sync-loop.ts';
import { dropStaleFlows, flowsOf, type Flow } from './udp-flows.ts';
import { LoopbackRelays } from './loopback-relays.ts';
import { KernelTable } from './nft.ts';
import { serviceTable, type Scope } from './service-table.ts';

export interface NftablesProxyOptions extends ServiceProxyOptions {
  scope: Scope;
  /** the pods' gateway, an address of this machine */
  gateway: string;
  /** whether a pod of this agent has the address, or may get it */
  isOwn(address: string): boolean;
  isHealthy(): boolean;
}

/** How soon a node port that somebody else has is tried again, ms. */
const RETRY_MS = 10_000;

/** Serves by a table of the kernel's nftables: no byte passes through this process. */
export class NftablesProxy implements ServiceProxy {
  private readonly source: RouteSource;
  private readonly kernel: KernelTable;
  private readonly claims = new PortClaims();
  private readonly relays: LoopbackRelays;
  private readonly checks: HealthChecks;
  private readonly loop: SyncLoop;
  private flows: ReadonlyMap<string, Flow> = new Map();
  private retry: unknown;
  private readonly said = new Map<string, string>();

  constructor(private readonly options: NftablesProxyOptions) {
    this.source = new RouteSource(options);
    this.kernel = new KernelTable(options.scope.name);
    this.relays = new LoopbackRelays(options.gateway, options);
    this.checks = new HealthChecks(options, () => options.isHealthy());
    this.loop = new SyncLoop(
      () => this.sync(),
      options.clock,
      (error) => options.log('services are not served', { error: String(error) }),
    );
  }

  async start(): Promise<void> {
    await this.source.start(() => {
      this.options.progress.queued();
      this.loop.request();
    });
    await this.loop.flush();
  }

  async stop(keep: boolean): Promise<void> {
    this.source.stop();
    this.options.clock.clearTimeout(this.retry);
    await this.loop.stop();
    this.claims.close();
    this.relays.close();
    this.checks.close();
    if (!keep) await this.kernel.remove();
  }

  private async sync(): Promise<void> {
    const { scope, isOwn, log } = this.options;
    const all = this.source.routes();
    const claimed = this.options.servesMachine ? await this.claimed(all) : all.map(withoutNodePort);
    const routes = await this.relays.reroute(claimed);
    await this.kernel.apply(serviceTable(scope, routes, this.source.hostPorts(), isOwn));
    if (this.options.servesMachine) await this.checks.update(routes);
    const flows = flowsOf(routes);
    const before = this.flows;
    this.flows = flows;
    await dropStaleFlows(before, flows).catch((error: unknown) =>
      log('flows of endpoints that are gone may go on', { error: String(error) }),
    );
    this.options.progress.updated();
  }

  /** The routes, without the node ports that somebody else has. */
  private async claimed(routes: readonly ServiceRoute[]): Promise<ServiceRoute[]> {
    const wanted = new Map<Claim, ServiceRoute>();
    const places = this.options.nodePortAddresses ?? heldAt();
    for (const route of routes)
      for (const address of route.nodePort ? places : [])
        wanted.set(this.claimOf(route, address, route.nodePort!), route);
    const taken = await this.claims.hold([...wanted.keys()]);
    if (taken.size) this.retryLater();
    const without = new Set<ServiceRoute>();
    for (const [claim, reason] of taken) {
      const route = wanted.get(claim)!;
      if (!without.has(route)) this.complain(route, claim, reason);
      without.add(route);
    }
    return without.size ? routes.map((each) => (without.has(each) ? withoutNodePort(each) : each)) : [...routes];
  }

  private claimOf(route: ServiceRoute, address: string, port: number): Claim {
    const { random, clock } = this.options;
    return {
      protocol: route.protocol,
      address,
      port,
      balancer: new Balancer(random, clock),
      targets: () => route.endpoints.cluster,
      affinityMs: () => route.affinitySeconds * 1000,
      allows: () => true,
    };
  }

  private retryLater(): void {
    const { clock } = this.options;
    clock.clearTimeout(this.retry);
    this.retry = clock.setTimeout(() => this.loop.request(), RETRY_MS);
  }

  private complain({ name, service }: ServiceRoute, { port, protocol }: Claim, reason: string): void {
    if (this.said.get(name) === reason) return;
    this.said.set(name, reason);
    const message = `node port ${port}/${protocol} is not served on ${this.options.nodeName}: ${reason}`;
    this.options.events.event(service, 'Warning', 'NodePortNotServed', message);
    this.options.log('a node port is not served', { service: name, port, error: reason });
  }
}

/**
 * Where node ports are held: who has one there, or everywhere, is found out. Not everywhere, though the kernel serves
 * them at all addresses: those of the loopback may be load balancers', which have ports of the same numbers.
 */
const heldAt = (): string[] => [...new Set(['127.0.0.1', nodeAddress()])];

const withoutNodePort = (route: ServiceRoute): ServiceRoute => ({ ...route, nodePort: undefined });
