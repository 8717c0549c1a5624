import { BOOKMARKS, EVENT_REVISION, FROM, INITIAL_EVENTS_END } from './watch-texts.ts';
import { ARGUMENTS } from '../argument-texts.ts';
import type { Builder } from '../builder.ts';
import { PLAIN } from '../compiled/plain.ts';
import { badRequest } from '../../meta/status.ts';
import { MANAGED_FIELDS, namedTarget } from '../targets.ts';
import { EventBatch } from './event-batch.ts';
import type { ObjectEvent } from './object-event.ts';
import { beginWatch } from './watching.ts';

/** Kinds of one watch. */
const MAX_KINDS = 50;

/** `objectsWatch`: one payload carries all events of a batch as one scalar, so nothing is executed per event. */
export function addGenericSubscriptions(builder: Builder): void {
  const event = builder.objectRef<ObjectEvent>('ObjectEvent').implement({
    description: 'An event of a watch of several kinds.',
    fields: (t) => ({
      type: t.exposeString('type', {
        description: 'ADDED, MODIFIED, DELETED, BOOKMARK, or ERROR: a kind is told no more',
      }),
      object: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'as it is now; as it was last where it is gone; of ERROR the Status, whose `details` name the kind',
        extensions: PLAIN,
        resolve: ({ json, status }) => json ?? status ?? null,
      }),
      oldObject: t.field({
        type: 'JSON',
        nullable: true,
        description: 'what MODIFIED has changed, while it is known',
        extensions: PLAIN,
        resolve: ({ oldObject }) => oldObject,
      }),
      changedPaths: t.stringList({
        nullable: true,
        description: 'which fields differ from `oldObject`',
        extensions: PLAIN,
        resolve: ({ changedPaths }) => changedPaths as string[] | null,
      }),
      resourceVersion: t.exposeString('resourceVersion', { description: EVENT_REVISION }),
      initialEventsEnd: t.boolean({
        nullable: true,
        description: INITIAL_EVENTS_END,
        extensions: PLAIN,
        resolve: ({ initialEventsEnd }) => initialEventsEnd ?? null,
      }),
    }),
  });
  builder.subscriptionFields((t) => ({
    objectsWatch: t.field({
      type: 'JSON',
      description:
        'Batches `[{type, object, initialEventsEnd}]`; without a resourceVersion the state comes first. BOOKMARK tells how far it is.',
      args: {
        resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
        version: t.arg.string({ description: ARGUMENTS.version }),
        namespace: t.arg.string({ description: ARGUMENTS.namespace }),
        labelSelector: t.arg.string({ description: ARGUMENTS.labelSelector }),
        fieldSelector: t.arg.string({ description: ARGUMENTS.fieldSelector }),
        resourceVersion: t.arg.string({ description: FROM }),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      subscribe: (_, args, context): Promise<AsyncIterable<unknown>> => {
        const { kind } = namedTarget(context, 'watch', args);
        return beginWatch(context, [kind], args, EventBatch.of);
      },
      resolve: (batch) => batch,
    }),
    watch: t.field({
      type: event,
      description:
        'What happens to objects of several kinds, in the order in which it happens. A kind whose webhook does not convert is told no more, with an ERROR; the others go on.',
      args: {
        kinds: t.arg.stringList({ required: true, description: '`pods`, `deployments.apps`' }),
        namespace: t.arg.string({ description: ARGUMENTS.namespace }),
        namespaces: t.arg.stringList({ description: ARGUMENTS.namespaces }),
        labelSelector: t.arg.string({ description: ARGUMENTS.labelSelector }),
        fieldSelector: t.arg.string({ description: ARGUMENTS.fieldSelector }),
        where: t.arg({ type: 'JSON', description: 'as the `where` of each of the kinds' }),
        resourceVersion: t.arg.string({ description: FROM }),
        bookmarks: t.arg.boolean({ defaultValue: false, description: BOOKMARKS }),
      },
      subscribe: (_, { kinds, ...args }, context): Promise<AsyncIterable<unknown>> => {
        const each = [...new Set(kinds)];
        if (each.length === 0 || each.length > MAX_KINDS) throw badRequest(`kinds: 1 to ${MAX_KINDS} are needed`);
        const all = each.map((resource) => namedTarget(context, 'watch', { resource }).kind);
        return beginWatch(context, all, args, (events) => events);
      },
      resolve: (value) => value as ObjectEvent,
    }),
  }));
}
