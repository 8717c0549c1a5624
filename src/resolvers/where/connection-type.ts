import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';

/** `PodConnection`: a page of a list */
export const connectionType = (kind: Kind, types: KindTypes): GraphQLObjectType =>
  new GraphQLObjectType({
    name: types.claim(`${namesOf(kind).type}Connection`),
    fields: {
      items: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(types.object(kind)))) },
      resourceVersion: { type: new GraphQLNonNull(GraphQLString) },
      continue: { type: GraphQLString },
      remainingItemCount: { type: GraphQLInt },
    },
  });
