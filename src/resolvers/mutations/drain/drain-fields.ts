import { ARGUMENTS } from '../../argument-texts.ts';
import { attributesOf } from '../../../api/authorization/attributes.ts';
import { withChangeSet } from '../../../api/history/change-set.ts';
import { collectionAttributes } from '../../../api/selection.ts';
import { internalError } from '../../../meta/status.ts';
import type { Builder } from '../../builder.ts';
import type { OperationContext } from '../../context.ts';
import { WRITES } from '../../schema/writes.ts';
import { DRAIN_EVENTS, drain, drainTargets, nodePods, type DrainArguments, type DrainEvent } from './drain.ts';

/** Bytes of an event, about. */
const EVENT_BYTES = 256;

/** `drainNode`: a subscription, since it lasts; it ends with its last subscriber. */
export function addDrainSubscription(builder: Builder): void {
  const type = builder.enumType('DrainEventType', { description: 'What a step of a drain is.', values: DRAIN_EVENTS });
  const event = builder.objectRef<DrainEvent>('DrainEvent').implement({
    description: 'One step of a drain, in the words of `kubectl drain`.',
    fields: (t) => ({
      type: t.field({ type, description: 'which step it is', resolve: (one) => one.type }),
      message: t.exposeString('message', { description: 'the line that kubectl prints' }),
      namespace: t.string({
        nullable: true,
        description: 'of the pod, where the step is about one',
        resolve: ({ namespace }) => namespace,
      }),
      pod: t.string({
        nullable: true,
        description: 'metadata.name of the pod, where the step is about one',
        resolve: ({ pod }) => pod,
      }),
      remaining: t.exposeInt('remaining', { description: 'pods that are still to go' }),
    }),
  });
  builder.subscriptionFields((t) => ({
    drainNode: t.field({
      type: event,
      nullable: true,
      description:
        'Cordons a node and evicts its pods, as `kubectl drain`: disruption budgets are asked until they allow it. What it cannot do ends it with an error; it stops when nobody listens any more.',
      args: {
        name: t.arg.string({ required: true, description: ARGUMENTS.name }),
        podSelector: t.arg.string({ description: 'only pods that this label selector takes' }),
        gracePeriodSeconds: t.arg.int({ description: "negative or absent: each pod's own" }),
        ignoreDaemonSets: t.arg.boolean({
          description: 'leaves the pods of DaemonSets; without it they end the drain with an error',
        }),
        deleteEmptyDirData: t.arg.boolean({
          description: 'pods with emptyDir volumes go too, and what is in these is lost',
        }),
        force: t.arg.boolean({ description: 'pods that no controller would make anew go too' }),
        timeoutSeconds: t.arg.int({ description: '0 or absent: without end' }),
        dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
      },
      extensions: WRITES,
      subscribe: (_, args, context): AsyncIterable<unknown> => begin(context, args),
      resolve: (value) => value as DrainEvent,
    }),
  }));
}

function begin({ api, request, subscribing }: OperationContext, args: DrainArguments): AsyncIterable<unknown> {
  if (!subscribing) throw internalError('a drain outside of a subscription');
  const { subscription } = subscribing;
  const ended = new AbortController();
  const { node, pods } = drainTargets(api, args);
  subscription.openedBy([attributesOf('patch', node), collectionAttributes('list', pods, nodePods(args))]);
  subscription.closing(() => ended.abort());
  const tell = (one: DrainEvent): void => subscription.push([one], EVENT_BYTES);
  drain({ api, request: withChangeSet(request) }, args, tell, ended.signal).then(
    () => subscription.end(),
    (error: unknown) => subscription.end(error),
  );
  return subscription;
}
