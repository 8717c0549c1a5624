import type { Pod, Resources } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { Clock } from '../rules/clock.ts';
import type { ObjectLike } from '../meta/object.ts';
import { Heap } from './heap.ts';
import type { ChangeOf, Plugin } from './plugin.ts';
import type { ClusterView } from './snapshot.ts';

export interface QueuedPod {
  pod: Pod;
  /** when it came, or came back from its last attempt, ms: who has waited longer is first among equals */
  since: number;
  /** when it came first, ms */
  came: number;
  attempts: number;
  place: 'active' | 'backoff' | 'unschedulable' | 'out';
  /** of its last attempt, or of what keeps it from one */
  rejectedBy: ReadonlySet<string>;
  /** whether it is kept from being tried */
  isGated: boolean;
}

/** Back-off of a pod that failed, ms: doubled from the first to the last. */
const FIRST_BACKOFF = 1000;
const LAST_BACKOFF = 10_000;
/** A pod that no event has brought back is tried anyway after this long, ms. */
const LONGEST_WAIT = 300_000;

/**
 * Pods without a node: active ones by priority and age, those in back-off by its end, and those that wait for an event
 * that one of the plugins that rejected them names. As many as the cluster has pending pods.
 */
export class SchedulingQueue {
  private readonly entries = new Map<string, QueuedPod>();
  private readonly active = new Heap<QueuedPod>(
    (a, b) => priority(a) > priority(b) || (priority(a) === priority(b) && a.since < b.since),
  );
  private readonly backoff = new Heap<{ entry: QueuedPod; until: number }>((a, b) => a.until < b.until);
  /** waiting pods by the plugin that rejected them; '' for those that no plugin rejected */
  private readonly waiting = new Map<string, Set<QueuedPod>>();
  private timer: unknown;
  onReady: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly plugins: readonly Plugin[],
    private readonly cluster: ClusterView,
    /** told of each pod that comes to a queue */
    private readonly onIncoming: (queue: 'active' | 'backoff' | 'unschedulable', event: string) => void = () =>
      undefined,
  ) {}

  /** How many wait where, as kube-scheduler's queues are named. */
  get pending(): Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { place, isGated } of this.entries.values()) {
      if (place === 'unschedulable') counts[isGated ? 'gated' : place]++;
      else if (place !== 'out') counts[place]++;
    }
    return counts;
  }

  get size(): number {
    return this.entries.size;
  }

  add(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.entries.get(uid);
    if (known) return this.update(known, pod);
    const entry: QueuedPod = {
      pod,
      since: this.clock.now(),
      came: this.clock.now(),
      attempts: 0,
      place: 'out',
      rejectedBy: new Set(),
      isGated: false,
    };
    this.entries.set(uid, entry);
    this.onIncoming('active', 'PodAdd');
    if (!this.gate(entry)) this.activate(entry);
  }

  private update(entry: QueuedPod, pod: Pod): void {
    const old = entry.pod;
    entry.pod = pod;
    // A change of the pod itself may be what it waited for: gates, claims, labels, tolerations, smaller requests.
    if (entry.place === 'unschedulable' && (entry.isGated || old.metadata.generation !== pod.metadata.generation))
      this.requeue(entry);
  }

  remove(uid: string): void {
    const entry = this.entries.get(uid);
    if (!entry) return;
    this.entries.delete(uid);
    this.unwait(entry);
    entry.place = 'out';
  }

  pop(): QueuedPod | undefined {
    for (let entry = this.active.pop(); entry; entry = this.active.pop()) {
      if (entry.place !== 'active') continue;
      entry.place = 'out';
      entry.attempts++;
      return entry;
    }
    return undefined;
  }

  /** No node did; it waits until something changes that one of the plugins could answer differently. */
  unschedulable(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (this.entries.get(entry.pod.metadata.uid) !== entry) return;
    entry.since = this.clock.now();
    this.onIncoming('unschedulable', 'ScheduleAttemptFailure');
    entry.isGated = false;
    this.wait(entry, rejectedBy);
  }

  /** It failed for a reason that is not the cluster's state (a write was refused): it is tried again by time alone. */
  failed(entry: QueuedPod): void {
    if (this.entries.get(entry.pod.metadata.uid) !== entry) return;
    entry.since = this.clock.now();
    this.requeue(entry);
  }

  /** Brings back the pods that the change may help. */
  changed<R extends keyof Resources>(
    resource: R,
    on: 'add' | 'update' | 'delete',
    object: ObjectOf<R> | undefined,
    old: ObjectOf<R> | undefined,
  ): void {
    for (const entry of this.waiting.get('') ?? []) this.requeue(entry);
    for (const plugin of this.plugins) {
      const waiting = this.waiting.get(plugin.name);
      if (!waiting?.size) continue;
      const event: ChangeOf<ObjectLike> | undefined = plugin.events.find(
        (candidate) => candidate.resource === resource && candidate.on.includes(on),
      );
      if (!event) continue;
      for (const entry of waiting) if (!event.helps || event.helps(entry.pod, object, old)) this.requeue(entry);
    }
  }

  /** Pods that have waited too long come back: an event may have been missed by a hint that was wrong. */
  flush(): void {
    const oldest = this.clock.now() - LONGEST_WAIT;
    for (const set of this.waiting.values()) {
      for (const entry of set) if (entry.since < oldest && !entry.isGated) this.requeue(entry);
    }
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
    this.entries.clear();
    this.waiting.clear();
  }

  /** Lets it wait where a plugin says that it is too early to try. */
  private gate(entry: QueuedPod): boolean {
    const by = this.plugins.find((plugin) => plugin.preEnqueue?.(entry.pod, this.cluster) !== undefined);
    // who waits there already stays: those who go through a set would come to what is put back into it again and again
    if (by && !(entry.isGated && entry.rejectedBy.has(by.name))) {
      this.unwait(entry);
      this.wait(entry, new Set([by.name]));
    }
    entry.isGated = by !== undefined;
    return entry.isGated;
  }

  private wait(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    entry.place = 'unschedulable';
    entry.rejectedBy = rejectedBy;
    for (const name of rejectedBy.size ? rejectedBy : ['']) {
      const set = this.waiting.get(name);
      if (set) set.add(entry);
      else this.waiting.set(name, new Set([entry]));
    }
  }

  private unwait(entry: QueuedPod): void {
    for (const name of entry.rejectedBy.size ? entry.rejectedBy : ['']) this.waiting.get(name)?.delete(entry);
  }

  private requeue(entry: QueuedPod): void {
    if (this.gate(entry)) return;
    this.unwait(entry);
    const until =
      entry.attempts === 0 ? 0 : entry.since + Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** (entry.attempts - 1));
    if (until <= this.clock.now()) return this.activate(entry);
    entry.place = 'backoff';
    this.onIncoming('backoff', 'ScheduleAttemptFailure');
    this.backoff.push({ entry, until });
    this.arm();
  }

  private activate(entry: QueuedPod): void {
    entry.place = 'active';
    this.active.push(entry);
    this.onReady();
  }

  private arm(): void {
    const next = this.backoff.peek();
    this.clock.clearTimeout(this.timer);
    if (next) this.timer = this.clock.setTimeout(() => this.endBackoff(), Math.max(1, next.until - this.clock.now()));
  }

  private endBackoff(): void {
    const now = this.clock.now();
    for (let next = this.backoff.peek(); next && next.until <= now; next = this.backoff.peek()) {
      this.backoff.pop();
      if (next.entry.place === 'backoff') this.activate(next.entry);
    }
    this.arm();
  }
}

const priority = ({ pod }: QueuedPod): number => pod.spec?.priority ?? 0;
