import { createClient } from '../../src/client/client.ts';
import { createInformers } from '../../src/client/informers.ts';
import type { Reconciler } from '../../src/control/contract.ts';
import type { Clock } from '../../src/rules/clock.ts';
import { runControllers, type Controllers } from '../../src/control/loop.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { isStatusError } from '../../src/meta/status.ts';
import { formatTime } from '../../src/meta/time.ts';
import { createScheduler } from '../../src/scheduler/scheduler.ts';
import type { Pod } from '../../schema/types.ts';
import { FakeApi, type FakeApiOptions, type Loose, type Manifest } from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';
import type { FaultyTransport } from './faulty-transport.ts';

export interface ClusterOptions extends FakeApiOptions {
  scheduler?: boolean;
  /** for reconciles that wait for other threads (cryptography): only a controller without work is at rest */
  untilIdle?: boolean;
  /** what the loops draw; 0.5 when not said */
  random?: () => number;
  /** one that has been opened already */
  api?: FakeApi;
  /** sees the first process's connection before it does */
  prepare?(transport: FaultyTransport): void;
}

/** Controllers over a fake API; `advance` lets time pass and everything settle. Stops itself with `stop`. */
export async function startCluster(
  reconcilers: readonly Reconciler[] | (() => readonly Reconciler[]),
  { scheduler = false, untilIdle = false, random = () => 0.5, api, prepare, ...options }: ClusterOptions = {},
): Promise<Cluster> {
  const make = typeof reconcilers === 'function' ? reconcilers : () => reconcilers;
  const cluster = new Cluster(api ?? (await FakeApi.open(options)), make, scheduler, untilIdle, random);
  cluster.start(prepare);
  await cluster.clock.settle();
  return cluster;
}

/** One run of the loops' process: with a connection, caches and timers of its own, which end with it. */
interface Process {
  transport: FaultyTransport;
  controllers: Controllers;
  stop(): Promise<void>;
}

export class Cluster {
  readonly client;
  readonly clock: FakeClock;
  readonly logs: string[] = [];
  /** the loops' connection: of the process that runs now */
  transport!: FaultyTransport;
  /** how often the process was started */
  starts = 0;
  private process: Process | undefined;

  constructor(
    readonly api: FakeApi,
    private readonly reconcilers: () => readonly Reconciler[],
    private readonly withScheduler: boolean,
    private readonly untilIdle: boolean,
    private readonly random: () => number,
  ) {
    this.client = api.client;
    this.clock = api.clock;
    this.clock.settle = () => this.settle();
  }

  /** Starts the loops' process, with nothing left of an earlier one. `prepare` sees its connection before they do. */
  start(prepare: (transport: FaultyTransport) => void = () => undefined): void {
    this.starts++;
    const transport = (this.transport = this.api.connect());
    prepare(transport);
    const clock = new ProcessClock(this.clock);
    const log = (message: string, fields?: Record<string, unknown>): void => {
      if (clock.running) this.logs.push(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    const client = createClient(transport);
    const { random } = this;
    const informers = createInformers(client, clock, { random });
    const options = { client, informers, clock, random, log };
    const controllers = runControllers({ ...options, reconcilers: this.reconcilers() });
    const loop = this.withScheduler ? createScheduler(options) : undefined;
    const started = Promise.all([controllers.start(), loop?.start()]);
    started.catch((error: unknown) => log('the loops did not start', { error: String(error) }));
    this.process = {
      transport,
      controllers,
      async stop() {
        clock.running = false;
        transport.cut();
        await controllers.stop();
        await loop?.stop();
        await informers.stop();
      },
    };
  }

  /** Until nothing happens any more at this time. A process whose connection was cut for good has died: a new one starts. */
  private async settle(): Promise<void> {
    const busy = (): boolean => this.untilIdle && !(this.process?.controllers.idle ?? true);
    await this.api.quiet(busy);
    while (this.process?.transport.closed) {
      await this.process.stop();
      this.start();
      await this.api.quiet(busy);
    }
  }

  advance(ms = 0): Promise<void> {
    return this.clock.advance(ms);
  }
  give(...manifests: Manifest[]): Promise<KubeObject[]> {
    return this.api.give(...manifests);
  }
  /** Nodes that are ready, without the taint that new ones have until somebody has seen that. */
  async addNodes(...nodes: (Omit<Manifest, 'apiVersion' | 'kind'> | string)[]): Promise<void> {
    for (const one of nodes) {
      const {
        spec = {},
        status = {},
        ...rest
      } = typeof one === 'string'
        ? { metadata: { name: one } }
        : (one as Partial<Manifest> & Pick<Manifest, 'metadata'>);
      await this.put('nodes', {
        ...rest,
        spec,
        status: {
          conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: formatTime(this.clock.now()) }],
          allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
          ...(status as object),
        },
      });
      const { taints = null } = spec as { taints?: unknown };
      await this.client.patch('nodes', '', rest.metadata.name!, { spec: { taints } });
    }
  }
  /** The same, of a resource by name, without the words that the API knows by itself. */
  async put(resource: string, object: Omit<Manifest, 'apiVersion' | 'kind'>): Promise<KubeObject> {
    const [made] = await this.give({ ...this.api.typeOf(resource), ...object } as Manifest);
    return made!;
  }
  list(resource: string, namespace?: string): Promise<Loose[]> {
    return this.api.list(resource, namespace);
  }
  edit: FakeApi['edit'] = (...args) => this.api.edit(...args);

  /** What was told of objects: `Normal SuccessfulCreate ReplicaSet Created pod: web-x2x9q`. */
  async events(): Promise<string[]> {
    return (await this.list('events')).map(
      ({ type, reason, involvedObject, message }) => `${type} ${reason} ${involvedObject.kind} ${message}`,
    );
  }

  /** How often each reason was told about objects of a kind: `Normal SuccessfulCreate ×3`. */
  async told(kind: string): Promise<string[]> {
    const counts = new Map<string, number>();
    for (const { type, reason, involvedObject, count } of await this.list('events')) {
      if (involvedObject.kind === kind)
        counts.set(`${type} ${reason}`, (counts.get(`${type} ${reason}`) ?? 0) + (count ?? 1));
    }
    return [...counts].map(([what, count]) => `${what} ×${count}`).sort();
  }

  /** Marks pods as a node would that has started them. */
  async runPods(filter: (pod: Loose) => boolean = () => true): Promise<void> {
    for (const pod of await this.list('pods')) {
      if (pod.status?.phase !== 'Pending' || !filter(pod)) continue;
      await this.edit(
        'pods',
        pod.metadata.namespace!,
        pod.metadata.name,
        (object) => (object.status = { ...object.status, ...runningStatus(object, this.clock.now()) }),
        'status',
      );
    }
    await this.advance(0);
  }

  /** Takes away the pods that have been deleted, as their nodes would when they have stopped. */
  async reapPods(): Promise<void> {
    for (const { metadata } of await this.list('pods')) {
      if (!metadata.deletionTimestamp) continue;
      await this.client
        .delete('pods', metadata.namespace!, metadata.name, { gracePeriodSeconds: 0 })
        // it may be gone since: the last finalizer has been taken away
        .catch((error: unknown) => {
          if (!isStatusError(error, 'NotFound')) throw error;
        });
    }
    await this.advance(0);
  }

  /** Ends the loops' process; none follows. */
  async die(): Promise<void> {
    await this.process?.stop();
    this.process = undefined;
  }

  async stop(): Promise<void> {
    await this.process?.stop();
    await this.api.close();
  }
}

function runningStatus(pod: Loose, now: number): NonNullable<Pod['status']> {
  const podIP = `10.0.${Number(pod.metadata.resourceVersion) >> 8}.${Number(pod.metadata.resourceVersion) & 255}`;
  const lastTransitionTime = formatTime(now);
  const conditions = ['Ready', 'ContainersReady', 'Initialized', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime,
  }));
  return { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
}

/** The clock as a process has it: when it ends, its timers do. */
class ProcessClock implements Clock {
  running = true;
  constructor(private readonly clock: FakeClock) {}
  now(): number {
    return this.clock.now();
  }
  setTimeout(run: () => void, ms: number): unknown {
    return this.clock.setTimeout(() => this.running && run(), ms);
  }
  clearTimeout(handle: unknown): void {
    this.clock.clearTimeout(handle);
  }
}
