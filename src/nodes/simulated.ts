import type { NodeCondition, Pod } from '../../schema/types.ts';
import { isStatusError } from '../meta/status.ts';
import type { Client, Informer } from '../client/contract.ts';
import { KUBELET_VERSION, type NodeDependencies } from './contract.ts';
import { factsOf, statusAfter } from './runtimes/simulated/simulated-status.ts';
import { nextStage, type Stage } from './runtimes/simulated/stages.ts';
import { formatTime } from '../meta/time.ts';
import { renewLease, RENEW_MS } from './node-lease.ts';

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
}

export interface SimulatedNodes {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Requests under way at once, of all simulated nodes together; more wait in line. */
const CONCURRENCY = 64;
const RETRY_MS = 1000;
const STATUS_MS = 5 * 60_000;

/** Any number of nodes that follow the pod lifecycle on a clock and run nothing. They share one pod informer. */
export function createSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  return new Simulation(options);
}

class Simulation implements SimulatedNodes {
  private readonly pods: Informer<Pod>;
  private readonly nodes = new Map<string, { index: number; uid: string; client: Client }>();
  private readonly names: readonly string[];
  /** uid → the stage that waits for its time, or runs */
  private readonly busy = new Map<string, { timer: unknown; stage: Stage; running: boolean }>();
  private readonly addresses = new Map<string, number>();
  private nextAddress = 0;
  private readonly timers = new Set<unknown>();
  private unsubscribe: () => void = () => undefined;
  private readonly gate: Gate = new Gate(CONCURRENCY);
  private stopped = false;

  constructor(private readonly options: SimulatedNodesOptions) {
    const first = options.first ?? 1;
    this.names = options.names ?? Array.from({ length: options.count }, (_, n) => `node-${first + n}`);
    this.pods = options.informers.informer('pods');
  }

  async start(): Promise<void> {
    await Promise.all(
      this.names.map((name, n) => this.gate.run(() => this.register(name, (this.options.first ?? 1) - 1 + n))),
    );
    for (const name of this.names) this.heartbeat(name);
    this.unsubscribe = this.pods.follow((pod, old) => {
      if (pod) this.look(pod);
      else if (old) this.forget(old.metadata.uid);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    for (const { timer } of this.busy.values()) this.options.clock.clearTimeout(timer);
    for (const timer of this.timers) this.options.clock.clearTimeout(timer);
    await this.gate.idle();
  }

  private async register(name: string, index: number): Promise<void> {
    const { zones } = this.options;
    const client = this.options.client.as(`system:node:${name}`, 'kubelet');
    const zone = (zones?.length ? zones : ['zone-a'])[index % (zones?.length || 1)]!;
    const labels = {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'topology.kubernetes.io/zone': zone,
    };
    let uid = '';
    for (let attempt = 0; !this.stopped && !uid; attempt++) {
      try {
        const node = await client
          .create('nodes', {
            apiVersion: 'v1',
            kind: 'Node',
            metadata: { name, labels },
            spec: {},
          })
          .catch((error: unknown) => {
            if (!isStatusError(error, 'AlreadyExists')) throw error;
            return client.patch('nodes', '', name, { metadata: { labels } }, { type: 'merge' });
          });
        await this.writeStatus(client, name, index);
        await renewLease(client, this.options.clock, name, node.metadata.uid);
        uid = node.metadata.uid;
      } catch (error) {
        this.options.log('a simulated node could not be registered', { node: name, error: String(error) });
        await new Promise<void>((resolve) =>
          this.options.clock.setTimeout(resolve, RETRY_MS * Math.min(8, attempt + 1)),
        );
      }
    }
    this.nodes.set(name, { index, uid, client });
  }

  private async writeStatus(client: Client, name: string, index: number): Promise<void> {
    const { cpu = '32', memory = '64Gi', pods = '110', clock } = this.options;
    const now = formatTime(clock.now());
    const condition = (type: string, status: string, reason: string): NodeCondition => ({
      type,
      status,
      reason,
      message: '',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    const status = {
      capacity: { cpu, memory, pods },
      allocatable: { cpu, memory, pods },
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      addresses: [
        { type: 'InternalIP', address: hostIP(index) },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: '',
        osImage: 'simulated',
        containerRuntimeVersion: 'simulated://1',
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    };
    await client.patch('nodes', '', name, { status }, { type: 'strategic', subresource: 'status' });
  }

  /** Leases are renewed at times that are spread over the interval; the status now and then. */
  private heartbeat(name: string): void {
    const { clock, random, log } = this.options;
    const repeat = (ms: number, work: () => Promise<unknown>): void => {
      const again = (delay: number): void => {
        if (this.stopped) return;
        const timer = clock.setTimeout(() => {
          this.timers.delete(timer);
          this.gate
            .run(work)
            .catch((error: unknown) => log('a simulated node could not report', { node: name, error: String(error) }));
          again(ms);
        }, delay);
        this.timers.add(timer);
      };
      again(ms * random());
    };
    const { client, uid, index } = this.nodes.get(name)!;
    repeat(RENEW_MS, () => renewLease(client, clock, name, uid));
    repeat(STATUS_MS, () => this.writeStatus(client, name, index));
  }

  private look(pod: Pod): void {
    const node = this.nodes.get(pod.spec?.nodeName ?? '');
    if (!node || this.stopped) return;
    const { uid } = pod.metadata;
    this.adopt(pod);
    const stage = nextStage(factsOf(pod));
    const waiting = this.busy.get(uid);
    // One that runs looks again when it is done.
    if (waiting && (waiting.running || !stage || waiting.stage.name === stage.name)) return;
    if (waiting) this.options.clock.clearTimeout(waiting.timer);
    if (!stage) return;
    this.later(uid, pod, stage, stage.delayMs + this.options.random() * stage.jitterMs);
  }

  private later(uid: string, pod: Pod, stage: Stage, ms: number): void {
    const { namespace = '', name } = pod.metadata;
    const entry = { timer: undefined as unknown, stage, running: false };
    entry.timer = this.options.clock.setTimeout(() => {
      const current = this.pods.get(namespace, name);
      if (!current || current.metadata.uid !== uid) return this.forget(uid);
      const next = nextStage(factsOf(current));
      if (!next) return void this.busy.delete(uid);
      entry.running = true;
      void this.gate
        .run(() => this.play(current, next))
        .then(
          () => {
            this.busy.delete(uid);
            const after = this.pods.get(namespace, name);
            if (after && after !== current) this.look(after);
          },
          (error: unknown) => {
            this.options.log('a simulated pod could not go on', { pod: name, stage: next.name, error: String(error) });
            if (this.stopped) return;
            this.later(uid, current, next, RETRY_MS);
          },
        );
    }, ms);
    this.busy.set(uid, entry);
  }

  private async play(pod: Pod, stage: Stage): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const { client, index } = this.nodes.get(pod.spec!.nodeName!)!;
    const gone = (error: unknown): void => {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    };
    if (stage.name === 'delete') {
      await client.delete('pods', namespace, name, { gracePeriodSeconds: 0, uid }).catch(gone);
      return;
    }
    const status = statusAfter(pod, stage.name, this.address(uid), hostIP(index), this.options.clock.now());
    await client
      .patch('pods', namespace, name, { metadata: { uid }, status }, { type: 'strategic', subresource: 'status' })
      .catch(gone);
  }

  private forget(uid: string): void {
    const waiting = this.busy.get(uid);
    if (waiting) this.options.clock.clearTimeout(waiting.timer);
    this.busy.delete(uid);
    this.addresses.delete(uid);
  }

  /** A pod that a process before this one has given an address keeps it; new ones come after it. */
  private adopt({ metadata: { uid }, spec, status }: Pod): void {
    if (!status?.podIP || spec?.hostNetwork || this.addresses.has(uid)) return;
    const [, a = 0, b = 0, c = 0] = status.podIP.split('.').map(Number);
    const n = (a << 16) | (b << 8) | c;
    this.addresses.set(uid, n);
    this.nextAddress = Math.max(this.nextAddress, n);
  }

  /** Addresses in 10.0.0.0/9, in turn: far more than there can be pods at once. */
  private address(uid: string): string {
    let n = this.addresses.get(uid);
    if (n === undefined) {
      n = this.nextAddress = (this.nextAddress + 1) % 0x7fffff;
      this.addresses.set(uid, n);
    }
    return `10.${(n >> 16) & 0x7f}.${(n >> 8) & 0xff}.${n & 0xff}`;
  }
}

const hostIP = (index: number): string => `172.${16 + ((index >> 16) & 0x0f)}.${(index >> 8) & 0xff}.${index & 0xff}`;

/** Lets so many run at once; the others wait in line, at most one for each timer of the simulation. */
class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  async idle(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
