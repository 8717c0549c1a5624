import type { WatchEvent, WatchOptions } from '../api/contract.ts';
import type { Kind } from '../kinds/kind.ts';
import { Channel } from '../meta/channel.ts';
import type { KubeObject } from '../meta/object.ts';
import { tooManyRequests } from '../meta/status.ts';
import type { OperationContext } from './context.ts';
import { WritesJson, type JsonWriter } from './json-text.ts';
import { selectOptions, targetOf, typeMetaOf, type SelectArguments } from './targets.ts';
import { WholeObject } from './whole.ts';

/** Batches that may wait for a subscriber; a slower one is cut with 429 and resumes from its revision. */
const MAX_WAITING = 1024;

/** An event as a subscription's fields read it. */
export interface ObjectEvent {
  readonly type: WatchEvent['type'] | 'BOOKMARK';
  readonly resourceVersion: string;
  readonly initialEventsEnd?: boolean;
  /** parsed when somebody asks; null for BOOKMARK */
  readonly object: KubeObject | null;
  /** the same as one scalar; null for BOOKMARK */
  readonly json: WholeObject | null;
  /** as an item of a batch */
  write(out: JsonWriter): void;
  toJSON(): unknown;
}
export interface WatchArguments extends SelectArguments {
  resourceVersion?: string | null;
  managedFields?: boolean | null;
}

/**
 * A watch of the API as an async iterator. Without a resourceVersion the state comes first and a BOOKMARK with
 * `initialEventsEnd` ends it. Throws what the API refuses it with.
 * @param split what a reader gets of the events that came together
 */
export async function watchBatches<T>(
  context: OperationContext,
  kind: Kind,
  args: WatchArguments,
  split: (events: readonly ObjectEvent[]) => Iterable<T>,
): Promise<AsyncIterableIterator<T>> {
  const channel = new Channel<readonly ObjectEvent[]>(MAX_WAITING, () =>
    tooManyRequests('the subscription is read too slowly', 1),
  );
  const { resourceVersion } = args;
  const options: WatchOptions = {
    ...selectOptions(args),
    allowWatchBookmarks: true,
    ...(resourceVersion ? { resourceVersion } : { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
  };
  const stop = await context.api.watch(context.request, targetOf(kind, args), options, {
    onEvents: (events: readonly WatchEvent[]) =>
      void channel.push(events.map((event) => new StoredEvent(kind, event, args.managedFields ?? true))),
    onBookmark: (revision, initialEventsEnd) => void channel.push([new Bookmark(kind, revision, initialEventsEnd)]),
    onEnd: (error) => channel.end(error),
  });
  channel.closing(stop);
  return new Split(channel, split);
}

/** Reads lists and gives out what they are split into. Not a generator, for the reason that Channel says. */
class Split<E, T> implements AsyncIterableIterator<T> {
  private current: Iterator<T> | undefined;

  constructor(
    private readonly lists: AsyncIterableIterator<readonly E[]>,
    private readonly split: (list: readonly E[]) => Iterable<T>,
  ) {}

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const part = this.current?.next();
      if (part && !part.done) return part;
      const list = await this.lists.next();
      if (list.done) return list;
      this.current = this.split(list.value)[Symbol.iterator]();
    }
  }
  async return(): Promise<IteratorResult<T>> {
    this.current = undefined;
    await this.lists.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

class StoredEvent implements ObjectEvent {
  readonly type: WatchEvent['type'];
  readonly json: WholeObject;
  readonly resourceVersion: string;

  constructor(kind: Kind, { type, stored }: WatchEvent, managedFields: boolean) {
    this.type = type;
    this.json = new WholeObject(kind, stored, managedFields);
    this.resourceVersion = String(stored.revision);
  }
  get object(): KubeObject {
    return this.json.toJSON();
  }
  write(out: JsonWriter): void {
    out.text += `{"type":"${this.type}","object":`;
    this.json.write(out);
    out.text += '}';
  }
  toJSON(): unknown {
    return { type: this.type, object: this.object };
  }
}

class Bookmark implements ObjectEvent {
  readonly type = 'BOOKMARK';
  readonly object = null;
  readonly json = null;
  readonly resourceVersion: string;
  readonly initialEventsEnd: true | undefined;

  constructor(
    private readonly kind: Kind,
    revision: number,
    initialEventsEnd: boolean,
  ) {
    this.resourceVersion = String(revision);
    this.initialEventsEnd = initialEventsEnd || undefined;
  }
  write(out: JsonWriter): void {
    out.text += JSON.stringify(this);
  }
  toJSON(): unknown {
    const { type, kind, resourceVersion, initialEventsEnd } = this;
    const annotations = initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } };
    return {
      type,
      object: { ...typeMetaOf(kind), metadata: { resourceVersion, ...annotations } },
      ...(initialEventsEnd && { initialEventsEnd }),
    };
  }
}

/** Bytes of one batch, about: a reader parses it in one go, and what waits behind it waits for that. */
const BATCH_BYTES = 256 * 1024;

/** Events that go as one JSON scalar: nothing is executed for any of them, and their objects are the store's bytes. */
export class EventBatch extends WritesJson {
  private constructor(private readonly events: readonly ObjectEvent[]) {
    super();
  }
  static *of(this: void, events: readonly ObjectEvent[]): Generator<EventBatch> {
    let [start, bytes] = [0, 0];
    for (let i = 0; i < events.length; i++) {
      bytes += events[i]!.json?.size ?? 0;
      if (bytes < BATCH_BYTES) continue;
      yield new EventBatch(events.slice(start, i + 1));
      [start, bytes] = [i + 1, 0];
    }
    if (start < events.length) yield new EventBatch(events.slice(start));
  }
  write(out: JsonWriter): void {
    for (const [i, event] of this.events.entries()) {
      out.text += i ? ',' : '[';
      event.write(out);
    }
    out.text += ']';
  }
  toJSON(): unknown {
    return this.events.map((event) => event.toJSON());
  }
}
