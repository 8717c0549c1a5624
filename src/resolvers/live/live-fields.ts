import { GraphQLInt, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import { pageArguments, selectionArguments } from '../where/list-arguments.ts';
import type { LivePayload } from './live-event.ts';
import { beginLiveQuery } from './live-query.ts';
import type { LiveArguments } from './select-live.ts';
import { liveType } from './live-types.ts';
import { HAS_LATEST } from './resume-variable.ts';

/** `podsLive(…)`: the result of `pods(…)` with the same arguments, and then what changes of it. */
export function liveFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('watch') || !kind.verbs.includes('list')) return {};
  const { many } = namesOf(kind);
  return {
    subscription: {
      [`${many}Live`]: {
        type: liveType(kind, types),
        description: `A live query: the result of \`${many}\` with the same arguments, and then only what changes of it.`,
        args: {
          ...selectionArguments(kind, types),
          orderBy: pageArguments(kind, types)['orderBy']!,
          first: { type: GraphQLInt, description: 'how many items are looked at: 500 when not given, 10000 at most' },
          resume: {
            type: GraphQLString,
            description:
              'of the last payload that was taken: what has changed since comes first, or, where that is not known any more, the result',
          },
        },
        extensions: HAS_LATEST,
        subscribe: (_, args: LiveArguments, context, info) => beginLiveQuery(context, kind, args, info),
        resolve: (value: LivePayload) => value,
      },
    },
  };
}
