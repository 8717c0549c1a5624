import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Balancer } from '../../rules/relay/balancer.ts';
import { HealthChecks } from './health-checks.ts';
import { RouteSource } from './route-source.ts';
import { bindingsOf, type Binding } from './service-bindings.ts';
import type { ServiceProxy, ServiceProxyOptions } from './service-proxy.ts';
import { allowedBy } from '../../rules/relay/source-ranges.ts';
import { SyncLoop } from './sync-loop.ts';
import { TcpProxy, type ProxyPort } from '../../rules/relay/tcp-proxy.ts';
import { UdpProxy } from '../../rules/relay/udp-proxy.ts';

const run = promisify(execFile);

/** Listeners of one agent; services beyond them are not served, and it is said. */
const MAX_LISTENERS = 4096;
/** How soon a listener whose address or port was taken is tried again, ms. */
const RETRY_MS = 10_000;
/** Where node ports and host ports listen when nobody says so. */
const EVERYWHERE = ['0.0.0.0'];

export interface UserspaceProxyOptions extends ServiceProxyOptions {
  /** the link that takes the addresses of Services; without it they are not served */
  link: string | undefined;
  isHealthy(): boolean;
}

interface Listener {
  close(): void;
}

/**
 * Serves by listening: each connection ends here, and another one goes on to the endpoint, which sees this machine as
 * its source. For machines that permit no more; SCTP is not served.
 */
export class UserspaceProxy implements ServiceProxy {
  private readonly source: RouteSource;
  private readonly checks: HealthChecks;
  private readonly loop: SyncLoop;
  private readonly listeners = new Map<string, Listener>();
  private readonly failures = new Map<string, { at: number; reason: string }>();
  private readonly addresses = new Set<string>();
  private wanted = new Map<string, Binding>();
  private retry: unknown;

  constructor(private readonly options: UserspaceProxyOptions) {
    this.source = new RouteSource(options);
    this.checks = new HealthChecks(options, () => options.isHealthy());
    this.loop = new SyncLoop(
      () => this.sync(),
      options.clock,
      (error) => options.log('services are not served', { error: String(error) }),
    );
  }

  async start(): Promise<void> {
    await this.source.start(() => {
      this.look();
      this.options.progress.queued();
      this.loop.request();
    });
    this.look();
    await this.loop.flush();
  }

  /** @param keep the addresses stay: what is sent to them meanwhile is refused here, and does not leave the machine */
  async stop(keep: boolean): Promise<void> {
    this.source.stop();
    this.options.clock.clearTimeout(this.retry);
    await this.loop.stop();
    for (const listener of this.listeners.values()) listener.close();
    this.listeners.clear();
    this.checks.close();
    if (!keep) for (const address of this.addresses) await this.ip('del', address);
  }

  /** What is wanted now; connections follow it at once, listeners when there is time. */
  private look(): Set<string> {
    const { nodePortAddresses, link } = this.options;
    const hostPorts = this.source.hostPorts();
    const places = nodePortAddresses ?? EVERYWHERE;
    const { bindings, addresses } = bindingsOf(this.source.routes(), hostPorts, places, link !== undefined);
    this.wanted = new Map(bindings.map((each) => [each.key, each]));
    return addresses;
  }

  private async sync(): Promise<void> {
    const addresses = this.look();
    for (const [key, listener] of this.listeners) {
      if (this.wanted.has(key)) continue;
      listener.close();
      this.listeners.delete(key);
    }
    for (const key of this.failures.keys()) if (!this.wanted.has(key)) this.failures.delete(key);
    for (const address of addresses) await this.addAddress(address);
    for (const binding of this.wanted.values()) if (!this.listeners.has(binding.key)) await this.open(binding);
    for (const address of this.addresses) {
      if (addresses.has(address)) continue;
      this.addresses.delete(address);
      await this.ip('del', address);
    }
    await this.checks.update(this.source.routes());
    this.options.progress.updated();
  }

  private async open(binding: Binding): Promise<void> {
    const failed = this.failures.get(binding.key);
    if (failed && this.options.clock.now() < failed.at + RETRY_MS) return;
    if (binding.protocol === 'SCTP') return this.complain(binding, 'this node serves SCTP only with nftables');
    if (this.listeners.size >= MAX_LISTENERS) return this.complain(binding, 'too many ports are served already');
    const port = this.proxyPort(binding);
    const proxy = binding.protocol === 'UDP' ? new UdpProxy(port, binding.address) : new TcpProxy(port);
    try {
      await proxy.listen(binding.port, binding.address);
      this.listeners.set(binding.key, proxy);
      this.failures.delete(binding.key);
    } catch (error) {
      proxy.close();
      this.complain(binding, (error as Error).message);
    }
  }

  /** Says it once for each reason, and tries again later. */
  private complain(binding: Binding, reason: string): void {
    const { clock, log, events, nodeName } = this.options;
    const { key, address, port, protocol, about } = binding;
    if (this.failures.get(key)?.reason !== reason) {
      const { name, namespace } = about.metadata;
      log('a port is not served', { of: `${about.kind} ${namespace}/${name}`, address, port, error: reason });
      const message = `${address}:${port}/${protocol} is not served on ${nodeName}: ${reason}`;
      events.event(about, 'Warning', 'PortNotServed', message);
    }
    this.failures.set(key, { at: clock.now(), reason });
    clock.clearTimeout(this.retry);
    this.retry = clock.setTimeout(() => this.loop.request(), RETRY_MS);
  }

  private proxyPort({ key }: Binding): ProxyPort {
    const current = (): Binding | undefined => this.wanted.get(key);
    return {
      balancer: new Balancer(this.options.random, this.options.clock),
      targets: () => current()?.targets ?? [],
      affinityMs: () => current()?.affinityMs ?? 0,
      allows: (client) => allowedBy(current()?.sourceRanges ?? [], client),
    };
  }

  private async addAddress(address: string): Promise<void> {
    if (this.addresses.has(address)) return;
    if (await this.ip('add', address)) this.addresses.add(address);
  }

  private async ip(verb: 'add' | 'del', address: string): Promise<boolean> {
    const { link, log } = this.options;
    if (!link) return false;
    return run('ip', ['address', verb, `${address}/32`, 'dev', link]).then(
      () => true,
      (error: Error) => {
        if (error.message.includes('File exists')) return true;
        if (verb === 'add') log('an address of a Service is not served', { address, error: error.message });
        return false;
      },
    );
  }
}
