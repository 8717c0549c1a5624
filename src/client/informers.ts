import type { ObjectLike } from '../meta/object.ts';
import type { Client, ClientWatchEvent, Informer, ObjectOf } from './contract.ts';
import { InformerCache } from './informer-cache.ts';
import { isStatusError } from '../meta/status.ts';
import type { Timers } from '../rules/clock.ts';

export interface Informers {
  /** One per resource, shared. After `start` a new one starts at once. */
  informer<R extends string>(resource: R): Informer<ObjectOf<R>>;
  start(): void;
  stop(): Promise<void>;
}

/** Back-off after a failed or a lost watch, ms: doubled from the first to the last, each spread by ±50 %. */
const FIRST_DELAY = 50;
const LAST_DELAY = 10_000;

/**
 * Caches of whole resources: a watch that begins with the state, which comes in batches while the server reads on and is
 * told when it is whole (KEP-3157, watch-list). After a lost connection the watch resumes at the last revision seen;
 * where that is no longer in the log (410) it begins anew and the differences are told.
 * @param onError hears of failed and lost watches, and of listeners that threw
 * @param fieldSelectors by resource: all that the cache has, and all that the client needs a right to
 */
export function createInformers(
  client: Client,
  clock: Timers,
  {
    random = Math.random,
    onError = () => undefined,
    fieldSelectors = {},
  }: {
    random?: () => number;
    onError?: (error: unknown, resource: string) => void;
    fieldSelectors?: Readonly<Record<string, string>>;
  } = {},
): Informers {
  /** by resource, whose objects each cache has */
  const informers = new Map<string, { cache: object; feed: Pick<Feed<ObjectLike>, 'start' | 'stop'> }>();
  let started = false;
  return {
    informer<R extends string>(resource: R) {
      let entry = informers.get(resource);
      if (!entry) {
        const cache = new InformerCache<ObjectOf<R>>(resource, (error) => onError(error, resource));
        const fieldSelector = fieldSelectors[resource];
        const open = (resourceVersion: string) =>
          client.watch(resource, { resourceVersion, ...(fieldSelector && { fieldSelector }) });
        entry = { cache, feed: new Feed(open, cache, clock, random, (error) => onError(error, resource)) };
        informers.set(resource, entry);
        // An index or a listener that is added in the same turn must not miss the first state.
        if (started) queueMicrotask(() => entry!.feed.start());
      }
      return entry.cache as Informer<ObjectOf<R>>;
    },
    start() {
      started = true;
      for (const { feed } of informers.values()) feed.start();
    },
    async stop() {
      started = false;
      await Promise.all([...informers.values()].map(({ feed }) => feed.stop()));
    },
  };
}

type Events<T extends ObjectLike> = AsyncIterableIterator<ClientWatchEvent<T>[]>;

/** Keeps one cache in step with the server until it is stopped. */
class Feed<T extends ObjectLike> {
  private running: Promise<void> | undefined;
  private stopped = false;
  private revision = '';
  private failures = 0;
  private watch: Events<T> | undefined;
  private wake: (() => void) | undefined;

  constructor(
    /** the events since a revision; from '' on: the state first */
    private readonly open: (resourceVersion: string) => Events<T>,
    private readonly cache: InformerCache<T>,
    private readonly clock: Timers,
    private readonly random: () => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.watch?.return?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.follow();
      } catch (error) {
        if (this.stopped) return;
        if (isStatusError(error) && error.code === 410) this.revision = '';
        this.onError(error);
      }
      if (!this.stopped) await this.pause();
    }
  }

  private async follow(): Promise<void> {
    if (this.stopped) return;
    const state: T[] = [];
    this.watch = this.open(this.revision);
    try {
      for (;;) {
        const batch = await this.watch.next();
        if (batch.done || this.stopped) return;
        for (const event of batch.value) {
          if (this.revision) this.take(event);
          else if (event.type !== 'BOOKMARK') state.push(event.object);
          else if (event.initialEventsEnd) {
            this.cache.replace(state.splice(0));
            this.revision = event.object.metadata.resourceVersion;
          }
        }
        this.failures = 0;
      }
    } finally {
      const watch = this.watch;
      this.watch = undefined;
      await watch?.return?.();
    }
  }

  private take({ type, object }: ClientWatchEvent<T>): void {
    if (type !== 'BOOKMARK') this.cache.apply(type, object);
    this.revision = object.metadata.resourceVersion;
  }

  private pause(): Promise<void> {
    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(this.failures++, 16)) * (0.5 + this.random());
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => this.wake?.(), delay);
      this.wake = () => {
        this.clock.clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
