import type { Node, Pod } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import type { Clock } from '../rules/clock.ts';
import { SCHEDULER } from '../rules/metrics/families.ts';
import { metricsOf, type MetricsOf } from '../rules/metrics/metrics.ts';
import { createEventRecorder } from '../control/events.ts';
import { semanticEqual } from '../control/equal.ts';
import type { Informers } from '../client/informers.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { isStatusError } from '../meta/status.ts';
import { ClaimWriter } from './claim-writer.ts';
import { SchedulerCache } from './cache.ts';
import { clusterView, VIEW_RESOURCES } from './cluster-view.ts';
import { allPlugins } from './plugins/all.ts';
import { reservationsFor, type Reservation } from './plugins/dynamic-resources.ts';
import { bindingsFor } from './plugins/volume-binding.ts';
import { podInfo, type PodInfo } from './pod-info.ts';
import { PodWriter } from './pod-writer.ts';
import { SchedulingQueue, type QueuedPod } from './queue.ts';
import { schedule, type Decision } from './schedule.ts';
import { SELECTED_NODE, type Binding } from './volume-matching.ts';

export interface SchedulerOptions {
  client: Client;
  informers: Pick<Informers, 'informer' | 'start'>;
  clock: Clock;
  random: () => number;
  log(message: string, fields?: Record<string, unknown>): void;
  metrics?: MetricsOf<typeof SCHEDULER>;
}

export interface Scheduler {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Brings the numbers of what waits to now. */
  countPending(): void;
}

const NAME = 'default-scheduler';
const ACTIONS: Record<string, string> = {
  Scheduled: 'Binding',
  FailedScheduling: 'Scheduling',
  Preempted: 'Preempting',
};
/** Writes under way at once: bindings, conditions, evictions. */
const MAX_WRITES = 128;
/** ms of decisions before others of this thread get their turn */
const SLICE = 10;
/** ms between looks for pods that waited too long */
const FLUSH_PERIOD = 30_000;

/** The scheduler as a client of the API: watches pods and nodes, decides one pod at a time, binds behind its own back. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  return new Loop(options);
}

class Loop implements Scheduler {
  private readonly cache: SchedulerCache;
  private readonly queue: SchedulingQueue;
  private readonly writer: PodWriter;
  private readonly claims: ClaimWriter;
  private readonly client: Client;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly writes = new Set<Promise<void>>();
  private readonly rotation = { at: 0 };
  private readonly metrics: MetricsOf<typeof SCHEDULER>;
  private running = false;
  private resuming = false;
  private flushTimer: unknown;

  constructor(private readonly options: SchedulerOptions) {
    const { client, clock, informers, log } = options;
    this.client = client.as('system:kube-scheduler', 'kube-scheduler');
    const events = createEventRecorder({
      client: this.client,
      component: NAME,
      clock,
      log,
      action: (reason) => ACTIONS[reason] ?? reason,
    });
    this.writer = new PodWriter(this.client, events, clock);
    this.claims = new ClaimWriter(this.client);
    this.cache = new SchedulerCache(clusterView((resource) => informers.informer(resource)));
    this.metrics = options.metrics ?? metricsOf(SCHEDULER);
    const { incoming } = this.metrics;
    this.queue = new SchedulingQueue(clock, allPlugins, this.cache.cluster, (queue, event) =>
      incoming.of(queue, event).add(),
    );
  }

  async start(): Promise<void> {
    const { informers } = this.options;
    const pods = informers.informer('pods');
    const nodes = informers.informer('nodes');
    this.unsubscribe.push(nodes.follow((node, old) => this.nodeChanged(node, old)));
    this.unsubscribe.push(pods.follow((pod, old) => this.podChanged(pod, old)));
    for (const resource of VIEW_RESOURCES) {
      this.unsubscribe.push(
        informers
          .informer(resource)
          .follow((object, old) => this.queue.changed(resource, actionOf(object, old), object, old)),
      );
    }
    const ledger = this.cache.cluster.resourceClaims;
    this.unsubscribe.push(
      informers.informer('resourceclaims.resource.k8s.io').follow((claim, old) => ledger.seen(claim, old)),
    );
    informers.start();
    await Promise.all(
      ['pods', 'nodes', ...VIEW_RESOURCES].map((resource) => informers.informer(resource).whenSynced()),
    );
    this.running = true;
    this.queue.onReady = () => this.resume();
    this.armFlush();
    this.pump();
  }

  async stop(): Promise<void> {
    this.running = false;
    for (const unsubscribe of this.unsubscribe.splice(0)) unsubscribe();
    this.options.clock.clearTimeout(this.flushTimer);
    this.queue.stop();
    await Promise.all(this.writes);
  }

  countPending(): void {
    for (const [queue, pods] of Object.entries(this.queue.pending)) this.metrics.pending.of(queue).set(pods);
  }

  /** @param result as kube-scheduler names them @param began of performance.now() */
  private attempted(result: 'scheduled' | 'unschedulable' | 'error', began: number): void {
    this.metrics.attempts.of(result, NAME).add();
    this.metrics.attempt.of(result, NAME).observe((performance.now() - began) / 1000);
  }

  private placed({ attempts, came }: QueuedPod): void {
    this.metrics.podAttempts.of().observe(attempts);
    // as upstream: from 16 on they are one
    this.metrics.sli.of(attempts > 15 ? '16+' : String(attempts)).observe((this.options.clock.now() - came) / 1000);
  }

  private armFlush(): void {
    this.flushTimer = this.options.clock.setTimeout(() => {
      this.queue.flush();
      this.armFlush();
    }, FLUSH_PERIOD);
  }

  private nodeChanged(node: Node | undefined, old: Node | undefined): void {
    if (!node) {
      this.cache.removeNode(old!.metadata.name);
      this.queue.changed('nodes', 'delete', undefined, old);
      return;
    }
    this.cache.setNode(node);
    // Heartbeats change nothing that a plugin looks at.
    if (old && sameForPlugins(node, old)) return;
    this.queue.changed('nodes', old ? 'update' : 'add', node, old);
  }

  private podChanged(pod: Pod | undefined, old: Pod | undefined): void {
    const { uid } = (pod ?? old)!.metadata;
    if (!pod || isPodTerminal(pod)) {
      this.queue.remove(uid);
      const counted = this.cache.isPlaced(uid) || !!(pod ?? old)?.status?.nominatedNodeName;
      this.cache.removePod(uid);
      if (counted) this.queue.changed('pods', 'delete', undefined, old ?? pod);
      return;
    }
    if (pod.spec?.nodeName) {
      this.queue.remove(uid);
      this.cache.setPod(pod);
      const news =
        !old?.spec?.nodeName ||
        !semanticEqual(old.metadata.labels, pod.metadata.labels) ||
        !semanticEqual(old.spec, pod.spec);
      if (news) this.queue.changed('pods', old?.spec?.nodeName ? 'update' : 'add', pod, old);
      return;
    }
    if ((pod.spec?.schedulerName ?? NAME) !== NAME) return;
    if (pod.status?.nominatedNodeName) this.cache.nominate(pod, pod.status.nominatedNodeName);
    if (pod.metadata.deletionTimestamp) this.queue.remove(uid);
    else if (!this.cache.isPlaced(uid)) this.queue.add(pod);
  }

  /** Off the informer's call stack, once for many pods that came together; at once, or after the thread's other work. */
  private resume(later = false): void {
    if (this.resuming) return;
    this.resuming = true;
    const run = (): void => {
      this.resuming = false;
      this.pump();
    };
    if (later) this.options.clock.setTimeout(run, 0);
    else queueMicrotask(run);
  }

  private pump(): void {
    const { clock } = this.options;
    const end = clock.now() + SLICE;
    while (this.running && this.writes.size < MAX_WRITES) {
      if (clock.now() > end) return this.resume(true);
      const entry = this.queue.pop();
      if (!entry) return;
      const began = performance.now();
      try {
        this.decide(entry, began);
      } catch (error) {
        this.couldNotDecide(entry, began, error);
      }
    }
  }

  /** A defect that one pod brings to light is told of that pod, and keeps no other from its turn. */
  private couldNotDecide(entry: QueuedPod, began: number, error: unknown): void {
    const { pod } = entry;
    this.attempted('error', began);
    this.cache.forget(pod.metadata.uid);
    this.queue.failed(entry);
    this.options.log('a pod could not be decided on', {
      pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    this.write(entry, () => this.writer.failed(pod, errorMessage(error)));
  }

  private decide(entry: QueuedPod, began: number): void {
    const info = podInfo(entry.pod);
    const decision = schedule(this.cache, info, this.options.random, allPlugins, this.rotation);
    this.metrics.algorithm.of().observe((performance.now() - began) / 1000);
    if (!('node' in decision)) {
      if (decision.failed) {
        this.attempted('error', began);
        this.queue.failed(entry);
        this.write(entry, () => this.writer.failed(entry.pod, decision.message));
        return;
      }
      this.attempted('unschedulable', began);
      this.queue.unschedulable(entry, decision.rejectedBy);
      this.write(entry, () => this.giveUp(info, decision));
      return;
    }
    const unbound = bindingsFor(entry.pod, this.cache.node(decision.node)!, this.cache);
    if (unbound.length > 0) {
      // The pod comes back when its claims are bound, which is an event that the plugin waits for.
      this.queue.unschedulable(entry, new Set(['VolumeBinding']));
      this.write(entry, () => this.chooseVolumes(unbound, decision.node));
      return;
    }
    const reservations = reservationsFor(entry.pod, this.cache.node(decision.node)!, this.cache);
    this.cache.assume(info, decision.node);
    this.claims.begin(this.cache.cluster.resourceClaims, reservations);
    this.write(entry, () => this.bind(entry, decision.node, reservations, began));
  }

  private async bind(
    entry: QueuedPod,
    node: string,
    reservations: readonly Reservation[],
    began: number,
  ): Promise<void> {
    const ledger = this.cache.cluster.resourceClaims;
    const { pod } = entry;
    try {
      await this.claims.reserve(ledger, pod, reservations);
      await this.writer.bind(pod, node);
      this.queue.remove(pod.metadata.uid);
      this.attempted('scheduled', began);
      this.placed(entry);
    } catch (error) {
      this.attempted('error', began);
      this.cache.forget(pod.metadata.uid);
      if (reservations.length) await this.takeBack(pod, reservations, error);
      this.queue.changed('pods', 'delete', undefined, pod);
      throw error;
    }
  }

  /** What a pod with claims leaves behind when it could not be bound. */
  private async takeBack(pod: Pod, reservations: readonly Reservation[], error: unknown): Promise<void> {
    await this.claims.release(this.cache.cluster.resourceClaims, pod, reservations);
    await this.writer.failed(pod, errorMessage(error));
  }

  /** Bounded by MAX_WRITES; when one ends, decisions go on. */
  private write(entry: QueuedPod, run: () => Promise<void>): void {
    const work = run()
      .catch((error: unknown) => {
        const { namespace, name, uid } = entry.pod.metadata;
        if (isStatusError(error, 'NotFound')) return this.queue.remove(uid);
        this.options.log('scheduling failed', { pod: `${namespace}/${name}`, error: errorMessage(error) });
        // Unless an event has brought it back already, time does.
        if (entry.place === 'out' || entry.place === 'unschedulable') this.queue.failed(entry);
      })
      .finally(() => {
        this.writes.delete(work);
        if (this.writes.size === MAX_WRITES - 1) this.resume();
      });
    this.writes.add(work);
  }

  private async giveUp(
    info: PodInfo,
    { message, preemption, deallocate }: Extract<Decision, { message: string }>,
  ): Promise<void> {
    const { pod } = info;
    if (deallocate) await this.claims.deallocate(deallocate);
    if (!preemption?.node) {
      const stale = pod.status?.nominatedNodeName ? '' : undefined;
      if (stale === '' && !message.includes('terminating pod on the nominated node')) {
        this.cache.nominate(pod, '');
        return this.writer.unschedulable(pod, message, stale);
      }
      return this.writer.unschedulable(pod, message);
    }
    const { node, victims } = preemption;
    this.metrics.preemptions.of().add();
    this.metrics.victims.of().observe(victims.length);
    const outranked = this.cache
      .nominated(node, Number.MIN_SAFE_INTEGER, pod.metadata.uid)
      .filter(({ priority }) => priority < info.priority);
    this.cache.nominate(pod, node);
    await this.writer.unschedulable(pod, message, node);
    for (const other of outranked) {
      this.cache.nominate(other.pod, '');
      await this.writer.clearNomination(other.pod);
    }
    await Promise.all(
      victims.map((victim) =>
        this.writer.evict(victim, pod, node).catch((error: unknown) => {
          if (!isStatusError(error, 'NotFound')) throw error;
        }),
      ),
    );
  }

  private async chooseVolumes(unbound: readonly Binding[], node: string): Promise<void> {
    for (const { claim, volume } of unbound) {
      const { namespace, name, uid, resourceVersion } = claim.metadata;
      // What an earlier attempt has written is not written again: its controller is at work.
      if (volume ? volume.spec?.claimRef?.uid === uid : claim.metadata.annotations?.[SELECTED_NODE] === node) continue;
      if (volume) {
        const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
        const annotations = { 'pv.kubernetes.io/bound-by-controller': 'yes' };
        await this.client.patch('persistentvolumes', '', volume.metadata.name, {
          metadata: { annotations },
          spec: { claimRef },
        });
      } else {
        const annotations = { [SELECTED_NODE]: node };
        await this.client.patch('persistentvolumeclaims', namespace ?? '', name, { metadata: { annotations } });
      }
    }
  }
}

const actionOf = (object: unknown, old: unknown): 'add' | 'update' | 'delete' =>
  object ? (old ? 'update' : 'add') : 'delete';

const sameForPlugins = (a: Node, b: Node): boolean =>
  a.spec?.unschedulable === b.spec?.unschedulable &&
  semanticEqual(a.spec?.taints, b.spec?.taints) &&
  semanticEqual(a.metadata.labels, b.metadata.labels) &&
  semanticEqual(a.status?.allocatable, b.status?.allocatable);
