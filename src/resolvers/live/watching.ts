import type { WatchEvent, WatchOptions } from '../../api/contract.ts';
import { collectionAttributes } from '../../api/selection.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { WritesJson, type JsonWriter } from '../json-text.ts';
import type { Subscription } from './subscription.ts';
import { selectOptions, targetOf, typeMetaOf, type SelectArguments } from '../targets.ts';
import { WholeObject } from '../whole.ts';

/** An event as a subscription's fields read it. */
export interface ObjectEvent {
  readonly type: WatchEvent['type'] | 'BOOKMARK';
  readonly resourceVersion: string;
  readonly initialEventsEnd?: boolean | undefined;
  /** parsed when somebody asks; null for BOOKMARK */
  readonly object: KubeObject | null;
  /** the same as one scalar; null for BOOKMARK */
  readonly json: WholeObject | null;
  /** as an item of a batch */
  write(out: JsonWriter): void;
  toJSON(): unknown;
}
export interface WatchArguments extends SelectArguments {
  resourceVersion?: string | null | undefined;
  managedFields?: boolean | null | undefined;
}

/**
 * Begins a watch of the API whose events the operation's subscription gets. Without a resourceVersion the state comes
 * first and a BOOKMARK with `initialEventsEnd` ends it. Throws what the API refuses it with.
 * @param payloads what subscribers are sent of the events that came together
 */
export async function beginWatch(
  { api, request, subscribing }: OperationContext,
  kind: Kind,
  args: WatchArguments,
  payloads: (events: readonly ObjectEvent[]) => readonly object[],
): Promise<Subscription> {
  if (!subscribing) throw internalError('a watch outside of a subscription');
  const { subscription } = subscribing;
  const { resourceVersion } = args;
  let initial = !resourceVersion;
  const push = (events: readonly ObjectEvent[]): void =>
    subscription.push(
      payloads(events),
      events.reduce((sum, { json }) => sum + (json?.size ?? 0), 0),
      initial,
    );
  const options: WatchOptions = {
    ...selectOptions(args),
    allowWatchBookmarks: true,
    ...(resourceVersion ? { resourceVersion } : { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
  };
  const target = targetOf(kind, args);
  const stop = await api.watch(request, target, options, {
    onEvents: (events) => push(events.map((event) => new StoredEvent(kind, event, args.managedFields ?? true))),
    onBookmark: (revision, initialEventsEnd) => {
      if (initialEventsEnd) initial = false;
      push([new Bookmark(kind, revision, initialEventsEnd)]);
    },
    onEnd: (error) => subscription.end(error),
  });
  subscription.openedBy([collectionAttributes('watch', target, options)]);
  subscription.closing(stop);
  return subscription;
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
  /** Batches of about the same size. */
  static of(this: void, events: readonly ObjectEvent[]): EventBatch[] {
    const batches: EventBatch[] = [];
    let [start, bytes] = [0, 0];
    for (const [i, { json }] of events.entries()) {
      bytes += json?.size ?? 0;
      if (bytes < BATCH_BYTES) continue;
      batches.push(new EventBatch(events.slice(start, i + 1)));
      [start, bytes] = [i + 1, 0];
    }
    if (start < events.length) batches.push(new EventBatch(events.slice(start)));
    return batches;
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
