import type { Key } from './contract.ts';
import type { Clock } from '../rules/clock.ts';
import type { QueueMetrics } from './queue-metrics.ts';

export interface QueueOptions {
  clock: Clock;
  /** ms after the first failure; doubled by each further one */
  baseDelay?: number;
  /** ms, the longest back-off */
  maxDelay?: number;
  /** most keys waiting or delayed; what comes above is refused and told to `onOverflow` */
  limit?: number;
  metrics?: QueueMetrics | undefined;
  onOverflow?(key: Key): void;
}

/**
 * A set of keys to work on, in the order in which they came. A key that is being worked on is not given out again until
 * it is done; when it was added meanwhile it comes once more. Failures wait 5 ms, doubling up to 1000 s, per key.
 */
export class WorkQueue {
  private readonly ready = new Set<Key>();
  private readonly active = new Set<Key>();
  private readonly again = new Set<Key>();
  private readonly delayed = new Map<Key, { at: number; timer: unknown }>();
  private readonly failures = new Map<Key, number>();
  private readonly clock: Clock;
  private readonly baseDelay: number;
  private readonly maxDelay: number;
  private readonly limit: number;
  private readonly onOverflow: (key: Key) => void;
  private readonly metrics: QueueMetrics | undefined;
  private stopped = false;
  /** told when a key becomes ready */
  onReady: () => void = () => undefined;

  constructor({
    clock,
    baseDelay = 5,
    maxDelay = 1_000_000,
    limit = 500_000,
    onOverflow = () => undefined,
    metrics,
  }: QueueOptions) {
    this.metrics = metrics;
    this.clock = clock;
    this.baseDelay = baseDelay;
    this.maxDelay = maxDelay;
    this.limit = limit;
    this.onOverflow = onOverflow;
  }

  /** keys ready to be taken */
  get length(): number {
    return this.ready.size;
  }
  get idle(): boolean {
    return this.ready.size === 0 && this.active.size === 0;
  }

  add(key: Key): void {
    if (this.stopped || this.ready.has(key)) return;
    if (this.active.has(key)) {
      this.again.add(key);
      return;
    }
    if (this.ready.size >= this.limit) return this.onOverflow(key);
    this.ready.add(key);
    this.metrics?.added(key);
    this.onReady();
  }

  /** The earliest of several delays of one key counts. */
  addAfter(key: Key, ms: number): void {
    if (this.stopped) return;
    if (!(ms > 0)) return this.add(key);
    const at = this.clock.now() + ms;
    const old = this.delayed.get(key);
    if (old && old.at <= at) return;
    if (old) this.clock.clearTimeout(old.timer);
    else if (this.delayed.size >= this.limit) return this.onOverflow(key);
    const timer = this.clock.setTimeout(() => {
      this.delayed.delete(key);
      this.add(key);
    }, ms);
    this.delayed.set(key, { at, timer });
  }

  /** After a failure: the key comes again later and later until `forget`. Returns the delay in ms. */
  addRateLimited(key: Key): number {
    const count = this.failures.get(key) ?? 0;
    this.failures.set(key, count + 1);
    this.metrics?.retried();
    const delay = Math.min(this.maxDelay, this.baseDelay * 2 ** Math.min(count, 40));
    this.addAfter(key, delay);
    return delay;
  }

  forget(key: Key): void {
    this.failures.delete(key);
  }

  take(): Key | undefined {
    for (const key of this.ready) {
      this.ready.delete(key);
      this.active.add(key);
      this.metrics?.taken(key);
      return key;
    }
    return undefined;
  }

  done(key: Key): void {
    this.active.delete(key);
    this.metrics?.done(key);
    if (this.again.delete(key)) this.add(key);
  }

  stop(): void {
    this.stopped = true;
    for (const { timer } of this.delayed.values()) this.clock.clearTimeout(timer);
    this.delayed.clear();
    this.ready.clear();
    this.again.clear();
    this.failures.clear();
  }
}
