import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Pod, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import type { Informers } from '../../client/informers.ts';
import type { Clock } from '../../rules/clock.ts';
import { Balancer } from './balancer.ts';
import { EndpointTable } from './endpoint-table.ts';
import { bindingsOf, ipsOf, type Binding } from './service-bindings.ts';
import { TcpProxy, type ProxyPort } from './tcp-proxy.ts';
import { UdpProxy } from './udp-proxy.ts';

const run = promisify(execFile);

/** Listeners of one agent; services beyond them are not served, and it is said. */
const MAX_LISTENERS = 4096;
/** How soon a listener whose address or port was taken is tried again, ms. */
const RETRY_MS = 10_000;

export interface ServiceNetworkOptions {
  /** services and endpoint slices */
  informers: Pick<Informers, 'informer'>;
  /** those of this node */
  pods: Informer<Pod>;
  clock: Clock;
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** addresses on which node ports listen */
  nodePortAddresses: readonly string[];
  /** the pods' bridge, which takes the cluster IPs; without it cluster IPs are not served */
  bridge?: string | undefined;
}

interface Listener {
  close(): void;
}

/** Serves node ports on the host, and cluster IPs on the pods' bridge. */
export class ServiceNetwork {
  private readonly services: Informer<Service>;
  private readonly table: EndpointTable;
  private readonly listeners = new Map<string, Listener>();
  private readonly failedAt = new Map<string, number>();
  private readonly addresses = new Set<string>();
  private dirty = false;
  private syncing: Promise<void> | undefined;
  private retry: unknown;
  private stopped = false;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: ServiceNetworkOptions) {
    const { informers, pods } = options;
    this.services = informers.informer('services');
    this.table = new EndpointTable(informers.informer('endpointslices.discovery.k8s.io'), pods);
  }

  async start(): Promise<void> {
    this.unsubscribe = this.services.follow(() => this.sync());
    this.sync();
    await this.syncing;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    this.options.clock.clearTimeout(this.retry);
    await this.syncing;
    for (const listener of this.listeners.values()) listener.close();
    this.listeners.clear();
    for (const address of this.addresses) await this.ip('del', address);
  }

  private sync(): void {
    this.dirty = true;
    this.syncing ??= this.run().finally(() => {
      this.syncing = undefined;
      if (this.dirty && !this.stopped) this.sync();
    });
  }

  private async run(): Promise<void> {
    while (this.dirty && !this.stopped) {
      this.dirty = false;
      const { nodePortAddresses, bridge } = this.options;
      const bindings = bindingsOf(this.services.list(), nodePortAddresses, bridge !== undefined);
      const wanted = new Map(bindings.map((each) => [each.key, each]));
      for (const [key, listener] of this.listeners) {
        if (wanted.has(key)) continue;
        listener.close();
        this.listeners.delete(key);
      }
      for (const binding of wanted.values()) if (!this.listeners.has(binding.key)) await this.open(binding);
      await this.dropAddresses();
    }
  }

  private async open(binding: Binding): Promise<void> {
    const { clock, log, random } = this.options;
    if (clock.now() < (this.failedAt.get(binding.key) ?? -Infinity) + RETRY_MS) return;
    if (this.listeners.size >= MAX_LISTENERS)
      return log('a service port is not served: too many', { port: binding.port });
    if (!this.options.nodePortAddresses.includes(binding.address)) await this.addAddress(binding.address);
    const port = this.proxyPort(binding, random);
    const proxy = binding.protocol === 'UDP' ? new UdpProxy(port, binding.address) : new TcpProxy(port);
    try {
      await proxy.listen(binding.port, binding.address);
      this.listeners.set(binding.key, proxy);
      this.failedAt.delete(binding.key);
    } catch (error) {
      proxy.close();
      this.failedAt.set(binding.key, clock.now());
      const { name, namespace } = binding.service.metadata;
      log('a service port is not served', {
        service: `${namespace}/${name}`,
        address: binding.address,
        port: binding.port,
        error: (error as Error).message,
      });
      clock.clearTimeout(this.retry);
      this.retry = clock.setTimeout(() => this.sync(), RETRY_MS);
    }
  }

  private proxyPort(binding: Binding, random: () => number): ProxyPort {
    const { namespace = '', name } = binding.service.metadata;
    const current = (): Service => this.services.get(namespace, name) ?? binding.service;
    return {
      balancer: new Balancer(random, this.options.clock),
      targets: () => this.table.targets(current(), binding.portName),
      affinityMs() {
        const { spec } = current();
        if (spec?.sessionAffinity !== 'ClientIP') return 0;
        return (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) * 1000;
      },
    };
  }

  private async addAddress(address: string): Promise<void> {
    if (this.addresses.has(address)) return;
    if (await this.ip('add', address)) this.addresses.add(address);
  }

  private async dropAddresses(): Promise<void> {
    const used = new Set(this.services.list().flatMap(ipsOf));
    for (const address of this.addresses) {
      if (used.has(address)) continue;
      this.addresses.delete(address);
      await this.ip('del', address);
    }
  }

  private async ip(verb: 'add' | 'del', address: string): Promise<boolean> {
    if (!this.options.bridge) return false;
    return run('ip', ['address', verb, `${address}/32`, 'dev', this.options.bridge]).then(
      () => true,
      (error: Error) => {
        if (verb === 'add' && !error.message.includes('File exists')) {
          this.options.log('a cluster IP is not served', { address, error: error.message });
        }
        return error.message.includes('File exists');
      },
    );
  }
}
