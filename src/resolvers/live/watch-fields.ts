import { GraphQLBoolean, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { PLAIN } from '../compiled/plain.ts';
import { beginWatch, type ObjectEvent, type WatchArguments } from './watching.ts';
import type { TypeNames } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { namespaceArgument, type SharedTypes } from '../where/query-fields.ts';

/** `podsWatch(…)`: one payload per event, typed, and as JSON for who asks for it. */
export function subscriptionFields(
  kind: Kind,
  type: GraphQLObjectType,
  names: TypeNames,
  shared: SharedTypes,
): FieldConfigs {
  if (!kind.verbs.includes('watch')) return {};
  const event = new GraphQLObjectType<ObjectEvent>({
    name: names.claim(`${kind.names.type}Event`),
    fields: {
      type: { type: new GraphQLNonNull(GraphQLString), description: 'ADDED, MODIFIED, DELETED or BOOKMARK' },
      object: { type, extensions: PLAIN, resolve: (event) => event.object },
      json: { type: shared.json, extensions: PLAIN, resolve: (event) => event.json },
      resourceVersion: { type: GraphQLString },
      initialEventsEnd: { type: GraphQLBoolean },
    },
  });
  return {
    [`${kind.names.many}Watch`]: {
      type: event,
      args: {
        ...namespaceArgument(kind),
        labelSelector: { type: GraphQLString },
        fieldSelector: { type: GraphQLString },
        resourceVersion: { type: GraphQLString, description: 'where to begin; when not given the state comes first' },
      },
      subscribe: (_, args: WatchArguments, context) => beginWatch(context, kind, args, (events) => events),
      resolve: (value: ObjectEvent) => value,
    },
  };
}
