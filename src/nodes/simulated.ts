import type { Client } from '../client/contract.ts';
import { Gate } from '../rules/gate.ts';
import type { NodeDependencies } from './contract.ts';
import { RENEW_MS } from './node-lease.ts';
import { PodLives } from './runtimes/simulated/pod-lives.ts';
import { SimulatedKubelet } from './runtimes/simulated/simulated-kubelet.ts';
import {
  SimulatedNode,
  type NodeMarks,
  type SimulatedCapacity,
  type SimulatedEndpoint,
} from './runtimes/simulated/simulated-node.ts';

export interface SimulatedNodesOptions extends Omit<NodeDependencies, 'events'> {
  count: number;
  /** number of the first node: `node-1` */
  first?: number;
  names?: readonly string[];
  cpu?: string;
  memory?: string;
  pods?: string;
  /** names taken in turn for topology.kubernetes.io/zone */
  zones?: readonly string[];
  /** share of the runs of containers that fail, from 0 to 1, of pods whose annotations say none */
  failures?: number;
  /** PEM of the cluster's CA and the machine's address, where the nodes' kubelets are to answer */
  kubelet?: { ca: string; address: string };
}

/** A simulated node that comes while others are there. */
export interface AddedNode extends NodeMarks {
  name: string;
  capacity: SimulatedCapacity;
  zone: string;
}

export interface SimulatedNodes {
  start(): Promise<void>;
  /** Once it is registered. */
  add(node: AddedNode): Promise<void>;
  /** It says nothing any more, and its pods stand still; its Node is left as it is. */
  remove(name: string): void;
  stop(): Promise<void>;
}

/** Requests under way at once, of all simulated nodes together; more wait in line. */
const CONCURRENCY = 64;
const RETRY_MS = 1000;
const STATUS_MS = 5 * 60_000;

/**
 * Any number of nodes that follow the pod lifecycle on a clock and run nothing. They share one informer of pods and one
 * of nodes.
 */
export function createSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  return new Simulation(options);
}

class Simulation implements SimulatedNodes {
  private readonly nodes: Map<string, SimulatedNode>;
  /** of all that were ever added: their addresses come from it */
  private next: number;
  private readonly registered = new Map<string, SimulatedNode>();
  private readonly timers = new Set<unknown>();
  /** in whose line stands at most one for each timer */
  private readonly gate = new Gate(CONCURRENCY);
  private readonly lives: PodLives;
  private readonly kubelet: SimulatedKubelet | undefined;
  private endpoint: SimulatedEndpoint | undefined;
  private stopped = false;

  constructor(private readonly options: SimulatedNodesOptions) {
    const { first = 1, count, informers, clock, random, log, failures = 0 } = options;
    this.next = first - 1 + count;
    const names = options.names ?? Array.from({ length: count }, (_, n) => `node-${first + n}`);
    this.nodes = new Map(names.map((name, n) => [name, this.node(name, first - 1 + n)]));
    this.lives = new PodLives({
      pods: informers.informer('pods'),
      nodes: informers.informer('nodes'),
      simulated: this.registered,
      gate: this.gate,
      clock,
      random,
      log,
      failureRate: failures,
    });
    const pods = informers.informer('pods');
    this.kubelet =
      options.kubelet &&
      new SimulatedKubelet({
        ca: options.kubelet.ca,
        nodes: this.registered,
        pod: (namespace, name) => pods.get(namespace, name),
        clock,
        random,
        log,
      });
  }

  async start(): Promise<void> {
    await this.listen();
    await Promise.all([...this.nodes.values()].map((node) => this.gate.run(() => this.register(node))));
    for (const node of this.nodes.values()) this.report(node);
    this.lives.start();
  }

  async add({ name, capacity, zone, ...marks }: AddedNode): Promise<void> {
    const client = this.options.client.as(`system:node:${name}`, 'kubelet');
    const node = new SimulatedNode(name, this.next++, client, zone, capacity, this.options.clock, marks);
    node.kubelet = this.endpoint;
    this.nodes.set(name, node);
    await this.gate.run(() => this.register(node));
    this.report(node);
    this.lives.adopt(name);
  }

  remove(name: string): void {
    this.nodes.delete(name);
    this.registered.delete(name);
    this.kubelet?.forget(name);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.lives.stop();
    for (const timer of this.timers) this.options.clock.clearTimeout(timer);
    await this.kubelet?.close();
    await this.gate.idle();
  }

  private async listen(): Promise<void> {
    const { kubelet } = this.options;
    if (!this.kubelet || !kubelet) return;
    const { address } = kubelet;
    this.endpoint = { address, port: await this.kubelet.listen(address) };
    for (const node of this.nodes.values()) node.kubelet = this.endpoint;
  }

  private node(name: string, index: number): SimulatedNode {
    const { zones, cpu = '32', memory = '64Gi', pods = '110', clock } = this.options;
    const client: Client = this.options.client.as(`system:node:${name}`, 'kubelet');
    const zone = (zones?.length ? zones : ['zone-a'])[index % (zones?.length || 1)]!;
    return new SimulatedNode(name, index, client, zone, { cpu, memory, pods }, clock);
  }

  private async register(node: SimulatedNode): Promise<void> {
    const { log, clock } = this.options;
    const isWanted = (): boolean => !this.stopped && this.nodes.get(node.name) === node;
    for (let attempt = 1; isWanted() && !this.registered.has(node.name); attempt++) {
      try {
        await node.register();
        this.registered.set(node.name, node);
      } catch (error) {
        log('a simulated node could not be registered', { node: node.name, error: String(error) });
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS * Math.min(8, attempt)));
      }
    }
  }

  /** Leases are renewed at times that are spread over the interval; the status now and then. */
  private report(node: SimulatedNode): void {
    const { clock, random, log } = this.options;
    const repeat = (ms: number, work: () => Promise<void>): void => {
      const again = (delay: number): void => {
        if (this.stopped || this.nodes.get(node.name) !== node) return;
        const timer = clock.setTimeout(() => {
          this.timers.delete(timer);
          if (this.nodes.get(node.name) !== node) return;
          this.gate
            .run(work)
            .catch((error: unknown) =>
              log('a simulated node could not report', { node: node.name, error: String(error) }),
            );
          again(ms);
        }, delay);
        this.timers.add(timer);
      };
      again(ms * random());
    };
    repeat(RENEW_MS, () => node.renewLease());
    repeat(STATUS_MS, () => node.writeStatus());
  }
}
