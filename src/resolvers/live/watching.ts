import type { WatchOptions } from '../../api/contract.ts';
import { collectionAttributes } from '../../api/selection.ts';
import type { Kind } from '../../kinds/kind.ts';
import { internalError } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { selectOptions, targetOf } from '../targets.ts';
import { compileWhere } from '../where/compile-where.ts';
import { namespacesOf, type NamespaceArguments } from '../where/list-source.ts';
import { EventMerge, type MergeSource } from './event-merge.ts';
import { Bookmark, StoredEvent, type ObjectEvent } from './object-event.ts';
import { sharedWatch } from './shared-watch.ts';
import type { Subscription } from './subscription.ts';

export interface WatchArguments extends NamespaceArguments {
  where?: unknown;
  resourceVersion?: string | null | undefined;
  managedFields?: boolean | null | undefined;
  bookmarks?: boolean | null | undefined;
}

/**
 * Begins a watch of the API whose events the operation's subscription gets. Without a resourceVersion the state comes
 * first and, with `bookmarks`, a BOOKMARK with `initialEventsEnd` ends it. Throws what the API refuses it with.
 * @param kinds one, or several, whose events come in the order in which they happened
 * @param payloads what subscribers are sent of the events that came together
 */
export async function beginWatch(
  { api, request, subscribing }: OperationContext,
  kinds: readonly Kind[],
  args: WatchArguments,
  payloads: (events: readonly ObjectEvent[]) => readonly object[],
): Promise<Subscription> {
  if (!subscribing) throw internalError('a watch outside of a subscription');
  const { subscription } = subscribing;
  const { resourceVersion, managedFields, bookmarks = true, where } = args;
  const push = (events: readonly ObjectEvent[], initial: boolean): void =>
    subscription.push(
      payloads(events),
      events.reduce((sum, { json }) => sum + (json?.size ?? 0), 0),
      initial,
    );
  if (!resourceVersion && bookmarks) subscription.promisesState();
  // what has happened since the revision comes at once, as a state does: nobody can have read it already
  const newest = resourceVersion ? await api.store.fresh() : 0;
  const options: WatchOptions = {
    ...selectOptions(args),
    allowWatchBookmarks: true,
    ...(resourceVersion ? { resourceVersion } : { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
  };
  const sources = sourcesOf(kinds, args);
  const [only] = sources;
  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const each of stops.splice(0)) each();
  };
  const onEnd = (error?: Error): void => {
    subscription.end(error);
    stop();
  };
  if (only && sources.length === 1 && !only.filter) {
    const { kind, target } = only;
    let isState = !resourceVersion;
    const isInitial = (revision: number): boolean => isState || revision <= newest;
    stops.push(
      await sharedWatch(api, request, target, options, {
        onEvents: (events) =>
          push(
            events.map((event) => new StoredEvent(kind, event, managedFields ?? true)),
            isInitial(events[0]?.stored.revision ?? 0),
          ),
        onBookmark: (revision, initialEventsEnd) => {
          if (initialEventsEnd) isState = false;
          if (bookmarks) push([new Bookmark(kind, revision, initialEventsEnd)], isInitial(revision));
        },
        onEnd,
      }),
    );
  } else {
    const from = Number(resourceVersion ?? 0);
    const merge = new EventMerge(
      sources,
      { push, end: onEnd },
      { bookmarks, managedFields, state: !resourceVersion, from, newest },
    );
    try {
      for (const source of sources)
        stops.push(await sharedWatch(api, request, source.target, options, merge.sink(source, onEnd)));
    } catch (error) {
      stop();
      throw error;
    }
  }
  subscription.openedBy(sources.map(({ target }) => collectionAttributes('watch', target, options)));
  subscription.closing(stop);
  return subscription;

  function sourcesOf(all: readonly Kind[], given: WatchArguments): MergeSource[] {
    const places = namespacesOf(given);
    return all.flatMap((kind) => {
      const filter = where === undefined || where === null ? undefined : compileWhere(kind, where);
      return places.map((namespace): MergeSource => ({ kind, target: targetOf(kind, { namespace }), filter }));
    });
  }
}
