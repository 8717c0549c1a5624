import { expired, type StatusError } from '../meta/status.ts';
import { Compacted, TooLargeRevision, type Store, type StoreEvent, type Stored } from '../store/contract.ts';
import type { ResourceAttributes } from './authorization/attributes.ts';
import { pastOf } from './authorization/past.ts';
import type { Attributes, RequestContext, Target, User, WatchEvent, WatchOptions, WatchSink } from './contract.ts';
import { ConvertedSink } from './conversion/converted-sink.ts';
import { hasWebhook } from './conversion/stored-version.ts';
import type { Core } from './core.ts';
import { isTurnOver, nextTurn } from './fairness/turns.ts';
import { checkedWatchOptions } from './list-options.ts';
import { parseObjectRevision, waitFor } from './resource-version.ts';
import { authorizedSelection, type Selection } from './selection.ts';
import { tooLargeRevision, unreadableCollection } from './store-errors.ts';

/** How long a watch lasts that does not say: half an hour to an hour, so that they do not all end together. */
const MIN_TIMEOUT_MS = 30 * 60_000;
/** What a timer can hold, about 24 days; nobody's connection lasts as long. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const BOOKMARK_MS = 60_000;

/**
 * A watch: from a revision (exclusive), or from what is there now, each object first as ADDED. An object that begins to
 * match the selectors is ADDED, one that ceases to is DELETED. The sink's onEnd is called once, unless the caller ends it.
 */
export async function watch(
  core: Core,
  ctx: RequestContext,
  target: Target,
  given: WatchOptions,
  sink: WatchSink,
): Promise<() => void> {
  const { selection, attributes } = authorizedSelection(core, ctx, 'watch', target, given);
  const options = checkedWatchOptions(given);
  const revision = parseObjectRevision(options.resourceVersion);
  const converted: ConvertedSink | undefined = hasWebhook(target.kind)
    ? new ConvertedSink(core, target.kind, sink, () => running.stop())
    : undefined;
  const running: RunningWatch = new RunningWatch(core, selection, options, converted ?? sink);
  running.follow(ctx, attributes);
  try {
    const initial = options.sendInitialEvents === true;
    const refused =
      (await awaited(core.store, revision, initial)) ??
      (revision && !initial ? await forgotten(core, ctx.user, attributes, revision) : undefined);
    // what is there is looked through at one go, and hundreds of watches may begin together
    if (isTurnOver()) await nextTurn();
    if (refused) running.fail(refused);
    else running.start(revision);
  } catch (error) {
    running.stop();
    throw error;
  }
  return () => {
    running.stop();
    converted?.close();
  };
}

/**
 * Waits until the watch may begin. Who wants an initial state waits for one that is not older than `revision`, and gets
 * 504 as the stream's event when there is none; others may be ahead of us, and hear of what comes after their revision.
 */
async function awaited(store: Store, revision: number | undefined, initial: boolean): Promise<StatusError | undefined> {
  if (initial) {
    try {
      await waitFor(store, revision);
    } catch (error) {
      if (error instanceof TooLargeRevision) return tooLargeRevision(error.requested, error.current, 1);
      throw error;
    }
  } else if (revision === undefined || revision > store.revision) await store.fresh();
  return undefined;
}

/** 410 where a watch would tell of what its user may not look back to: who gets it begins with a list. */
async function forgotten(
  core: Core,
  user: User,
  attributes: ResourceAttributes,
  from: number,
): Promise<StatusError | undefined> {
  const since = await pastOf(core, user, attributes);
  const oldest = since ? since.revision - 1 : core.store.revision;
  return from < oldest ? expired(`too old resource version: ${from} (${oldest})`) : undefined;
}

class RunningWatch {
  private over = false;
  private started = false;
  private lost: StatusError | undefined;
  private unwatch: (() => void) | undefined;
  private letGo: (() => void) | undefined;
  private readonly timers: unknown[] = [];
  private progress = 0;
  private bookmarked = 0;

  constructor(
    private readonly core: Core,
    private readonly selection: Selection,
    private readonly options: WatchOptions,
    private readonly sink: WatchSink,
  ) {}

  /** Ends with the caller's right or credential. */
  follow(ctx: RequestContext, attributes: Attributes): void {
    this.letGo = this.core.standing.follow(ctx, [attributes], (why) => {
      this.lost = why;
      if (this.started) this.end(why);
    });
  }

  /** Throws what has ended the right to it since it was asked for. */
  start(revision: number | undefined): void {
    if (this.lost) throw this.lost;
    this.started = true;
    const { store, clock } = this.core;
    let from = revision ?? 0;
    const { sendInitialEvents, allowWatchBookmarks } = this.options;
    const initial = sendInitialEvents === true;
    if (!from || initial) {
      const unreadable = store.unreadable(this.selection.scope);
      if (unreadable) return this.fail(unreadableCollection(unreadable));
      from = this.begin(initial, initial && allowWatchBookmarks === true);
    }
    this.progress = from;
    this.bookmarked = from;
    const seconds = this.options.timeoutSeconds ?? 0;
    this.timers.push(
      clock.setTimeout(
        () => this.end(),
        seconds > 0 ? Math.min(seconds * 1000, MAX_TIMEOUT_MS) : MIN_TIMEOUT_MS * (1 + Math.random()),
      ),
    );
    try {
      this.unwatch = store.watch(this.selection.scope, from, {
        onEvents: (events) => this.deliver(events),
        onProgress: (at) => {
          this.progress = Math.max(this.progress, at);
          this.sink.onProgress?.(at);
        },
        onEnd: (reason) =>
          this.end(
            reason === 'expired' ? expired('The resourceVersion for the provided watch is too old.') : undefined,
          ),
      });
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
      // the answer has begun: it is an event of the stream, not its status
      queueMicrotask(() => this.end(expired(`too old resource version: ${error.requested} (${error.compacted})`)));
      return;
    }
    if (this.over) this.unwatch();
    else if (allowWatchBookmarks) this.scheduleBookmark();
  }

  /** Over before it has begun: the answer is a stream of one error. */
  fail(error: StatusError): void {
    queueMicrotask(() => this.end(error));
  }

  stop(): void {
    this.over = true;
    this.letGo?.();
    this.unwatch?.();
    for (const timer of this.timers.splice(0)) this.core.clock.clearTimeout(timer);
  }

  /** What is there now, as ADDED. Returns the revision from which the watch goes on. */
  private begin(initial: boolean, bookmark: boolean): number {
    const { scope, having, matches } = this.selection;
    const snapshot = this.core.store.list(scope, initial ? having : undefined);
    if (initial) {
      const items = matches ? snapshot.items.filter(matches) : snapshot.items;
      if (this.sink.onInitial) this.sink.onInitial(items);
      else if (items.length) this.sink.onEvents(items.map((stored) => ({ type: 'ADDED', stored })));
      if (bookmark) this.sink.onBookmark(snapshot.revision, true);
    }
    return snapshot.revision;
  }

  private deliver(events: readonly StoreEvent[]): void {
    if (this.over) return;
    this.progress = Math.max(this.progress, events.at(-1)?.revision ?? 0);
    const { matches } = this.selection;
    if (!matches) return this.sink.onEvents(events);
    const seen: WatchEvent[] = [];
    for (const event of events) {
      const is = event.type !== 'DELETED' && matches(event.stored);
      const was = event.type !== 'ADDED' && matches(event.previous ?? event.stored);
      const { previous } = event;
      if (is) seen.push({ type: was ? 'MODIFIED' : 'ADDED', stored: event.stored, previous });
      else if (was) seen.push({ type: 'DELETED', stored: lastSeen(event), previous });
    }
    if (seen.length) this.sink.onEvents(seen);
  }

  private scheduleBookmark(): void {
    this.timers[1] = this.core.clock.setTimeout(() => {
      if (this.over) return;
      if (this.progress > this.bookmarked) {
        this.bookmarked = this.progress;
        this.sink.onBookmark(this.progress, false);
      }
      this.scheduleBookmark();
    }, BOOKMARK_MS);
  }

  private end(error?: Error): void {
    if (this.over) return;
    this.stop();
    this.sink.onEnd(error);
  }
}

/** What a watcher knew of an object that it sees no more, at the revision of the change that took it away. */
const lastSeen = ({ type, previous, stored, revision }: StoreEvent): Stored =>
  type === 'DELETED' ? stored : (previous?.deletedAt?.(revision) ?? stored);
