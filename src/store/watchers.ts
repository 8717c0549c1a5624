import type { Scope, StoreEvent, WatchHandlers } from './contract.ts';

export interface Watcher {
  readonly scope: Scope;
  readonly handlers: WatchHandlers;
  /** events up to here are not its business: it has them, or began after them */
  from: number;
  /** events to be delivered before any other */
  backlog: readonly StoreEvent[] | undefined;
  ended: boolean;
}

interface Bucket {
  readonly watchers: Set<Watcher>;
  batch: StoreEvent[];
}

export function inScope({ resource, namespace, name }: Scope, event: StoreEvent): boolean {
  const { stored } = event;
  return (
    stored.resource === resource &&
    (namespace === undefined || stored.namespace === namespace) &&
    (name === undefined || stored.name === name)
  );
}

/** `*` and `/` are in no name: a scope's key is never another's. */
const bucketKey = (resource: string, namespace = '*', name = '*'): string => `${resource}/${namespace}/${name}`;

/**
 * Who hears of what. An event reaches the buckets of its four possible scopes, and all watchers of a bucket share one
 * array: the cost of a batch is its events plus the watchers that want some, whatever the number of other watchers.
 */
export class Watchers {
  readonly #buckets = new Map<string, Bucket>();
  readonly #log: (message: string, fields?: Record<string, unknown>) => void;

  constructor(log: (message: string, fields?: Record<string, unknown>) => void) {
    this.#log = log;
  }

  add(watcher: Watcher): void {
    const key = bucketKey(watcher.scope.resource, watcher.scope.namespace, watcher.scope.name);
    let bucket = this.#buckets.get(key);
    if (!bucket) this.#buckets.set(key, (bucket = { watchers: new Set(), batch: [] }));
    bucket.watchers.add(watcher);
  }

  remove(watcher: Watcher): void {
    watcher.ended = true;
    const key = bucketKey(watcher.scope.resource, watcher.scope.namespace, watcher.scope.name);
    const bucket = this.#buckets.get(key);
    if (bucket?.watchers.delete(watcher) && !bucket.watchers.size) this.#buckets.delete(key);
  }

  dispatch(events: readonly StoreEvent[]): void {
    const touched = new Set<Bucket>();
    for (const event of events) {
      const { resource, namespace, name } = event.stored;
      const keys = [bucketKey(resource), bucketKey(resource, namespace), bucketKey(resource, undefined, name)];
      keys.push(bucketKey(resource, namespace, name));
      for (const key of keys) {
        const bucket = this.#buckets.get(key);
        if (!bucket) continue;
        bucket.batch.push(event);
        touched.add(bucket);
      }
    }
    for (const bucket of touched) {
      const { batch } = bucket;
      bucket.batch = [];
      const audience = [...bucket.watchers];
      for (const watcher of audience) if (!watcher.ended) this.#deliver(watcher, batch);
    }
  }

  /** Gives a watcher what it missed before it was added. */
  flush(watcher: Watcher): void {
    this.#deliver(watcher, []);
  }

  progress(revision: number): void {
    for (const watcher of this.#all())
      if (!watcher.ended && watcher.handlers.onProgress && revision >= watcher.from) this.caughtUp(watcher, revision);
  }

  /** Gives a watcher what it missed, and says how far that is. */
  caughtUp(watcher: Watcher, revision: number): void {
    this.flush(watcher);
    if (!watcher.ended) this.#guard(watcher, () => watcher.handlers.onProgress?.(revision));
  }

  end(watcher: Watcher, reason: 'expired' | 'closed'): void {
    if (watcher.ended) return;
    this.remove(watcher);
    this.#guard(watcher, () => watcher.handlers.onEnd(reason));
  }

  endAll(reason: 'expired' | 'closed'): void {
    for (const watcher of this.#all()) this.end(watcher, reason);
  }

  /** As they are now: handlers may begin and end watches. */
  #all(): Watcher[] {
    return [...this.#buckets.values()].flatMap(({ watchers }) => [...watchers]);
  }

  #deliver(watcher: Watcher, batch: readonly StoreEvent[]): void {
    const { backlog } = watcher;
    watcher.backlog = undefined;
    if (backlog?.length) this.#guard(watcher, () => watcher.handlers.onEvents(backlog));
    const [first] = batch;
    if (watcher.ended || !first) return;
    const news = first.revision > watcher.from ? batch : batch.filter(({ revision }) => revision > watcher.from);
    if (news.length) this.#guard(watcher, () => watcher.handlers.onEvents(news));
  }

  /** One that throws is ended, and the others do not notice. */
  #guard(watcher: Watcher, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log('a watch handler failed', {
        resource: watcher.scope.resource,
        error: String((error as Error)?.stack ?? error),
      });
      if (watcher.ended) return;
      this.remove(watcher);
      try {
        watcher.handlers.onEnd('expired');
      } catch {
        // it has had its say
      }
    }
  }
}
