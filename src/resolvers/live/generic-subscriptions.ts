import type { Builder } from '../builder.ts';
import { MANAGED_FIELDS, namedTarget } from '../targets.ts';
import { EventBatch, beginWatch } from './watching.ts';

/** `objectsWatch`: one payload carries all events of a batch as one scalar, so nothing is executed per event. */
export function addGenericSubscriptions(builder: Builder): void {
  builder.subscriptionFields((t) => ({
    objectsWatch: t.field({
      type: 'JSON',
      description:
        'Batches `[{type, object, initialEventsEnd}]`; without a resourceVersion the state comes first. BOOKMARK tells how far it is.',
      args: {
        resource: t.arg.string({ required: true }),
        version: t.arg.string(),
        namespace: t.arg.string(),
        labelSelector: t.arg.string(),
        fieldSelector: t.arg.string(),
        resourceVersion: t.arg.string(),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      subscribe: (_, args, context): Promise<AsyncIterable<unknown>> => {
        const { kind } = namedTarget(context, 'watch', args);
        return beginWatch(context, kind, args, EventBatch.of);
      },
      resolve: (batch) => batch,
    }),
  }));
}
