import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLNonNull, GraphQLString, type GraphQLOutputType } from 'graphql';
import type { WatchOptions } from '../../api/contract.ts';
import { collectionAttributes } from '../../api/selection.ts';
import type { Kind } from '../../kinds/kind.ts';
import { escapeFieldValue } from '../../meta/fields.ts';
import { internalError, notFound } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { rolloutStatus, type RolloutStatus } from '../mutations/rollout/status.ts';
import { hasRollouts, type Workload } from '../mutations/rollout/workload.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { sharedWatch } from './shared-watch.ts';
import type { Subscription } from './subscription.ts';

interface RolloutArguments {
  namespace: string;
  name: string;
}

const text = new GraphQLNonNull(GraphQLString);

/** `deploymentRolloutStatus(…)`: what `kubectl rollout status` prints, until the rollout is over. */
export function rolloutStatusFields(kind: Kind, types: KindTypes): FacetFields {
  if (!hasRollouts(kind)) return {};
  const { one, type } = namesOf(kind);
  return {
    subscription: {
      [`${one}RolloutStatus`]: {
        type: types.generic('RolloutStatus') as GraphQLOutputType,
        description: `How far the rollout of a ${type} is, until it is over.`,
        args: {
          namespace: { type: text, description: ARGUMENTS.namespace },
          name: { type: text, description: ARGUMENTS.name },
        },
        subscribe: (_, args: RolloutArguments, context) => beginRolloutStatus(context, kind, args),
        resolve: (value: RolloutStatus) => value,
      },
    },
  };
}

/** Ends with 404 where the object is not there, or no more. Throws what a watch of it is refused with. */
async function beginRolloutStatus(
  { api, request, subscribing }: OperationContext,
  kind: Kind,
  { namespace, name }: RolloutArguments,
): Promise<Subscription> {
  if (!subscribing) throw internalError('a watch outside of a subscription');
  const { subscription } = subscribing;
  const target = targetOf(kind, { namespace });
  const options: WatchOptions = {
    fieldSelector: `metadata.name=${escapeFieldValue(name)}`,
    allowWatchBookmarks: true,
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
  };
  let last: RolloutStatus | undefined;
  const stop = await sharedWatch(api, request, target, options, {
    onEvents: (events) => {
      for (const { type, stored } of events) {
        if (type === 'DELETED') return subscription.end(notFound(kind, name));
        const status = rolloutStatus(kind, wholeObject(kind, stored) as Workload);
        if (status.message === last?.message) continue;
        last = status;
        subscription.push([status], 0);
        if (status.done || status.failed) return subscription.end();
      }
    },
    onBookmark: () => {
      if (!last) subscription.end(notFound(kind, name));
    },
    onEnd: (error) => subscription.end(error),
  });
  subscription.openedBy([collectionAttributes('watch', target, options)]);
  subscription.closing(stop);
  return subscription;
}
