import type { LoadBalancerStatus, Node, Service } from '../../../../schema/types.ts';
import type { Informer } from '../../../client/contract.ts';
import { keyOf } from '../../../control/keys.ts';
import { runCommand } from '../../../rules/machine/run-command.ts';
import type { LoadBalancers } from '../provider.ts';
import { isOwnAlways, type AddressPool } from './address-pool.ts';
import { Front, type FrontOptions } from './front.ts';
import { inTurn } from './node-health.ts';

/** Class of Services that this machine serves, for those who want to say so. */
export const CLASS = 'ku7s.io/local';
/** Services with a listener at once. */
const MAX_FRONTS = 1024;
/** Ports that are listened at for one Service, and for all: each is a file that the process has open. */
const MAX_PORTS = 256;
const MAX_ALL_PORTS = 4096;

export interface LocalBalancersOptions extends FrontOptions {
  pool: AddressPool;
  services: Informer<Service>;
  /** whether the machine has an address */
  owns(address: string): boolean;
  /** gives an address to the machine, or takes it away */
  changeAddress?(verb: 'add' | 'del', address: string): Promise<void>;
}

/**
 * Load balancers that are this process: each Service has an address of the pool and is listened for there. Which one it
 * has is in its status, and nowhere else, so it has the same again after a restart.
 */
export class LocalBalancers implements LoadBalancers {
  readonly loadBalancerClass = CLASS;
  /** by `namespace/name` of the Service */
  private readonly fronts = new Map<string, Front>();

  private readonly options: LocalBalancersOptions;

  constructor(options: LocalBalancersOptions) {
    this.options = { ...options, ask: inTurn(options.ask) };
  }

  get(service: Service): Promise<LoadBalancerStatus | undefined> {
    const front = this.fronts.get(keyOf(service));
    const address = front?.address ?? this.former(service);
    return Promise.resolve(address === undefined ? undefined : statusOf(address));
  }

  async ensure(service: Service, nodes: readonly Node[]): Promise<LoadBalancerStatus> {
    const key = keyOf(service);
    const address = this.choose(service);
    let front = this.fronts.get(key);
    if (front && front.address !== address) {
      await this.delete(service);
      front = undefined;
    }
    if (!front) {
      if (this.fronts.size >= MAX_FRONTS) throw new Error(`this machine serves ${MAX_FRONTS} load balancers already`);
      front = new Front(address, service, this.options);
      // From here on the address is taken: nobody else is given it while the machine takes it.
      this.fronts.set(key, front);
    }
    await this.take(address);
    const others = [...this.fronts.values()].reduce((sum, each) => (each === front ? sum : sum + each.size), 0);
    await front.use(service, nodes, Math.min(MAX_PORTS, MAX_ALL_PORTS - others));
    return statusOf(address);
  }

  update(service: Service, nodes: readonly Node[]): Promise<void> {
    this.fronts.get(keyOf(service))?.check(nodes);
    return Promise.resolve();
  }

  async delete(service: Service): Promise<void> {
    const key = keyOf(service);
    const front = this.fronts.get(key);
    front?.close();
    this.fronts.delete(key);
    // Of a process that was killed the machine has the address still, and nobody listens there.
    const address = front?.address ?? this.former(service);
    const isOthers = [...this.fronts.values()].some((each) => each.address === address);
    if (address !== undefined && !isOthers) await this.leave(address);
  }

  /** Nobody listens any more; the addresses stay those of their Services. */
  async close(): Promise<void> {
    const fronts = [...this.fronts.values()];
    this.fronts.clear();
    for (const front of fronts) front.close();
    for (const { address } of fronts) await this.leave(address);
  }

  /** The one that it asks for, or has, or the next that is free. @throws Error where there is none */
  private choose(service: Service): string {
    const key = keyOf(service);
    const asked = service.spec?.loadBalancerIP;
    const takenBy = this.taken();
    const isFree = (address: string): boolean => (takenBy.get(address) ?? key) === key;
    if (asked) {
      if (!this.options.pool.has(asked)) throw new Error(`${asked} is not in the range of load balancers`);
      if (!isFree(asked)) throw new Error(`${asked} is that of Service ${takenBy.get(asked)}`);
      return asked;
    }
    const own = this.fronts.get(key)?.address ?? this.former(service);
    if (own !== undefined && isFree(own)) return own;
    const next = this.options.pool.free((address) => takenBy.has(address));
    if (next === undefined) throw new Error('no address of the range of load balancers is free');
    return next;
  }

  /** What its status says, if it is of the pool. */
  private former({ status }: Service): string | undefined {
    return status?.loadBalancer?.ingress?.map(({ ip = '' }) => ip).find((ip) => this.options.pool.has(ip));
  }

  /** Which Service has which address. Two statuses with one: it is the older Service's. */
  private taken(): Map<string, string> {
    const taken = new Map([...this.fronts].map(([key, { address }]) => [address, key]));
    const services = this.options.services.list().filter(({ spec }) => spec?.type === 'LoadBalancer');
    const born = ({ metadata }: Service): string => `${metadata.creationTimestamp} ${metadata.uid}`;
    for (const service of services.sort((a, b) => (born(a) < born(b) ? -1 : 1))) {
      const address = this.former(service);
      if (address !== undefined && !taken.has(address)) taken.set(address, keyOf(service));
    }
    return taken;
  }

  private async take(address: string): Promise<void> {
    if (isOwnAlways(address) || this.options.owns(address)) return;
    await this.change('add', address);
  }

  /** What has it on another link than the loopback keeps it. */
  private async leave(address: string): Promise<void> {
    if (!isOwnAlways(address)) await this.change('del', address).catch(() => undefined);
  }

  private change(verb: 'add' | 'del', address: string): Promise<void> {
    return (this.options.changeAddress ?? changeLoopback)(verb, address);
  }
}

/** On the loopback: who on this machine connects to it gets there, and others by their own routes. */
async function changeLoopback(verb: 'add' | 'del', address: string): Promise<void> {
  await runCommand('ip', ['address', verb, `${address}/32`, 'dev', 'lo']);
}

/** Nodes need not lead there themselves: what is sent to the address goes through the load balancer (KEP-1860). */
const statusOf = (ip: string): LoadBalancerStatus => ({ ingress: [{ ip, ipMode: 'Proxy' }] });
