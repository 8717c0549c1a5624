import { GraphQLBoolean, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { PLAIN } from '../compiled/plain.ts';
import { beginWatch, type ObjectEvent, type WatchArguments } from './watching.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import { namespaceArgument } from '../where/list-arguments.ts';

/** `podsWatch(…)`: one payload per event, typed, and as JSON for who asks for it. */
export function watchFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('watch')) return {};
  return {
    subscription: {
      [`${namesOf(kind).many}Watch`]: {
        type: types.event(kind),
        args: {
          ...namespaceArgument(kind),
          labelSelector: { type: GraphQLString },
          fieldSelector: { type: GraphQLString },
          resourceVersion: { type: GraphQLString, description: 'where to begin; when not given the state comes first' },
        },
        subscribe: (_, args: WatchArguments, context) => beginWatch(context, kind, args, (events) => events),
        resolve: (value: ObjectEvent) => value,
      },
    },
  };
}

/** `PodEvent` */
export const eventType = (kind: Kind, types: KindTypes): GraphQLObjectType<ObjectEvent> =>
  new GraphQLObjectType<ObjectEvent>({
    name: types.claim(`${namesOf(kind).type}Event`),
    fields: {
      type: { type: new GraphQLNonNull(GraphQLString), description: 'ADDED, MODIFIED, DELETED or BOOKMARK' },
      object: { type: types.object(kind), extensions: PLAIN, resolve: (event) => event.object },
      json: { type: types.scalars.any, extensions: PLAIN, resolve: (event) => event.json },
      resourceVersion: { type: GraphQLString },
      initialEventsEnd: { type: GraphQLBoolean },
    },
  });
