import type { Resources } from '../../schema/types.ts';
import type { Client, ObjectOf } from '../client/contract.ts';
import type { Informers } from '../client/informers.ts';
import { errorMessage } from '../meta/error-message.ts';
import type { ObjectLike } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import type { Context, Indexes, IndexesOf, Key, Keys, Reconciler, Watch } from './contract.ts';
import type { Clock } from '../rules/clock.ts';
import { createEventRecorder } from './events.ts';
import { keyOf } from './keys.ts';
import type { QueueMetrics } from './queue-metrics.ts';
import { WorkQueue } from './queue.ts';

export interface ControllersOptions {
  client: Client;
  informers: Pick<Informers, 'informer' | 'start'>;
  reconcilers: readonly Reconciler[];
  /** service account of all that do not name one; each has its own when not said */
  account?: string;
  /** all act as the connection's own user, which may act for nobody else */
  asItself?: boolean;
  /** field manager of what they write; `kube-controller-manager` when not said */
  manager?: string;
  clock: Clock;
  random: () => number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** numbers of a controller's queue, by its name */
  metrics?: ((name: string) => QueueMetrics) | undefined;
}

export interface Controllers {
  /** Resolves when all caches are filled and all workers wait for keys. */
  start(): Promise<void>;
  /** Resolves when the last key that was being worked on is done. */
  stop(): Promise<void>;
  /** nothing to do right now (delayed keys aside) */
  readonly idle: boolean;
}

/** Keys worked on at once by a controller that does not say. */
const WORKERS = 5;

/** Runs controllers over one client and one set of informers, each as its own service account. */
export function runControllers(options: ControllersOptions): Controllers {
  const runs = options.reconcilers.map((reconciler) => new ControllerRun(reconciler, options));
  return {
    async start() {
      for (const run of runs) run.prepare();
      options.informers.start();
      await Promise.all(runs.map((run) => run.start()));
    },
    async stop() {
      await Promise.all(runs.map((run) => run.stop()));
    },
    get idle() {
      return runs.every((run) => run.idle);
    },
  };
}

class ControllerRun {
  private readonly queue: WorkQueue;
  private readonly abort = new AbortController();
  private readonly unsubscribe: (() => void)[] = [];
  private readonly working = new Set<Promise<void>>();
  private readonly ctx: Context;
  private running = false;

  constructor(
    private readonly reconciler: Reconciler,
    private readonly options: ControllersOptions,
  ) {
    const { clock, log, random, informers } = options;
    const { name } = reconciler;
    this.queue = new WorkQueue({
      clock,
      metrics: options.metrics?.(name),
      onOverflow: (key) => log('queue is full', { controller: name, key }),
    });
    const { manager = 'kube-controller-manager' } = options;
    const account = reconciler.account ?? options.account ?? `${name}-controller`;
    const client = options.asItself
      ? options.client
      : options.client.as(`system:serviceaccount:kube-system:${account}`, manager);
    this.ctx = {
      client,
      informer: (resource) => informers.informer(resource),
      events: createEventRecorder({
        client,
        component: reconciler.source ?? account,
        clock,
        log,
        ...(reconciler.action && { action: reconciler.action }),
      }),
      clock,
      random,
      log: (message, fields) => log(message, { controller: name, ...fields }),
      enqueueAfter: (key, ms) => this.queue.addAfter(key, ms),
      signal: this.abort.signal,
    };
  }

  get idle(): boolean {
    return this.queue.length === 0 && this.working.size === 0;
  }

  prepare(): void {
    const { watches, indexes = {} } = this.reconciler;
    for (const resource of Object.keys(indexes) as (keyof Resources)[]) this.addIndexes(resource, indexes);
    for (const watch of watches) {
      if (watch.custom === undefined) this.follow(watch.resource, watch);
      else this.follow(watch.custom, watch);
    }
  }

  private addIndexes<R extends keyof Resources>(resource: R, indexes: Indexes): void {
    const informer = this.options.informers.informer(resource);
    const named: IndexesOf<ObjectOf<R>> = indexes[resource] ?? {};
    for (const [name, values] of Object.entries(named)) informer.addIndex(name, values);
  }

  private follow<R extends string>(resource: R, watch: Keys<ObjectOf<R>>): void {
    const informer = this.options.informers.informer(resource);
    this.unsubscribe.push(
      informer.follow((object, old) => {
        const keys = watch.keys ? watch.keys(object, old, this.ctx) : ownKey(object, old);
        for (const key of keys) this.queue.add(key);
      }),
    );
  }

  async start(): Promise<void> {
    const { informers } = this.options;
    await Promise.all(this.reconciler.watches.map((watch) => informers.informer(resourceOf(watch)).whenSynced()));
    if (this.abort.signal.aborted) return;
    this.running = true;
    this.queue.onReady = () => this.fill();
    this.reconciler.start?.(this.ctx);
    this.fill();
  }

  async stop(): Promise<void> {
    this.running = false;
    this.abort.abort();
    for (const unsubscribe of this.unsubscribe.splice(0)) unsubscribe();
    this.queue.stop();
    await Promise.all(this.working);
  }

  private fill(): void {
    const limit = this.reconciler.workers ?? WORKERS;
    while (this.running && this.working.size < limit) {
      const key = this.queue.take();
      if (key === undefined) return;
      const work = this.work(key).finally(() => {
        this.working.delete(work);
        this.fill();
      });
      this.working.add(work);
    }
  }

  private async work(key: Key): Promise<void> {
    try {
      // Off the informer's call stack: a reconcile must not run inside another one's notification.
      await Promise.resolve();
      const result = await this.reconciler.reconcile(key, this.ctx);
      this.queue.forget(key);
      if (result?.requeueAfter !== undefined) this.queue.addAfter(key, result.requeueAfter);
    } catch (error) {
      const delay = this.queue.addRateLimited(key);
      // A lost race is the normal course of optimistic concurrency; the cache will have caught up at the next attempt.
      if (!isStatusError(error, 'Conflict')) {
        this.ctx.log('reconcile failed', { key, delay, error: errorMessage(error) });
      }
    } finally {
      this.queue.done(key);
    }
  }
}

const resourceOf = (watch: Watch): string => watch.resource ?? watch.custom;

const ownKey = (object: ObjectLike | undefined, old: ObjectLike | undefined): Key[] => {
  const changed = object ?? old;
  return changed ? [keyOf(changed)] : [];
};
