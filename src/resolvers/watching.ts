import type { WatchEvent, WatchOptions } from '../api/contract.ts';
import type { Kind } from '../kinds/kind.ts';
import { Channel } from '../meta/channel.ts';
import type { KubeObject } from '../meta/object.ts';
import { tooManyRequests } from '../meta/status.ts';
import type { OperationContext } from './context.ts';
import { selectOptions, targetOf, typeMetaOf, type SelectArguments } from './targets.ts';
import { wholeObject } from './whole.ts';

/** Batches that may wait for a subscriber; a slower one is cut with 429 and resumes from its revision. */
const MAX_WAITING = 1024;

export interface ObjectEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** for BOOKMARK only metadata.resourceVersion (and the annotation that ends the initial state) */
  object: KubeObject;
  initialEventsEnd?: boolean;
}
export interface WatchArguments extends SelectArguments {
  resourceVersion?: string | null;
}

/**
 * A watch of the API as an async iterator of batches. Without a resourceVersion the state comes first and a BOOKMARK
 * with `initialEventsEnd` ends it. Throws what the API refuses it with.
 */
export async function watchBatches<T>(
  context: OperationContext,
  kind: Kind,
  args: WatchArguments,
  batch: (events: ObjectEvent[]) => Iterable<T>,
): Promise<AsyncIterableIterator<T>> {
  const channel = new Channel<T>(MAX_WAITING, () => tooManyRequests('the subscription is read too slowly', 1));
  const push = (events: ObjectEvent[]): void => {
    for (const value of batch(events)) if (!channel.push(value)) return;
  };
  const { resourceVersion } = args;
  const options: WatchOptions = {
    ...selectOptions(args),
    allowWatchBookmarks: true,
    ...(resourceVersion ? { resourceVersion } : { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
  };
  const stop = await context.api.watch(context.request, targetOf(kind, args), options, {
    onEvents: (events: readonly WatchEvent[]) =>
      push(events.map(({ type, stored }) => ({ type, object: wholeObject(kind, stored) }))),
    onBookmark: (revision, initialEventsEnd) => push([bookmark(kind, revision, initialEventsEnd)]),
    onEnd: (error) => channel.end(error),
  });
  channel.closing(stop);
  return channel;
}

function bookmark(kind: Kind, revision: number, initialEventsEnd: boolean): ObjectEvent {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = { resourceVersion: String(revision), ...(initialEventsEnd && { annotations }) };
  return {
    type: 'BOOKMARK',
    object: { ...typeMetaOf(kind), metadata: metadata as KubeObject['metadata'] },
    ...(initialEventsEnd && { initialEventsEnd }),
  };
}
