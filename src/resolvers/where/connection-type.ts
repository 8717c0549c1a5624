import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLOutputType,
} from 'graphql';
import type { Builder } from '../builder.ts';
import { PLAIN } from '../compiled/plain.ts';
import type { TypeMaker } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { ObjectConnection, PageInfo } from './connection.ts';

const text = new GraphQLNonNull(GraphQLString);

export const PAGE_INFO = 'where the page stands in its list, and the cursors of its ends';

/** `PodConnection`: a page of a kind's objects. */
export const connectionType: TypeMaker<GraphQLObjectType> = (kind, types) =>
  new GraphQLObjectType<ObjectConnection>({
    name: types.claim(`${namesOf(kind).type}Connection`),
    description: `A page of \`${kind.resource}\`.`,
    fields: () => ({
      items: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(types.object(kind)))),
        description: 'the objects of this page',
      },
      totalCount: {
        type: new GraphQLNonNull(GraphQLInt),
        description: 'All that match, on this page or not; counted when it is asked for.',
        extensions: PLAIN,
        resolve: (page) => page.totalCount(),
      },
      pageInfo: { type: new GraphQLNonNull(types.generic('PageInfo') as GraphQLOutputType), description: PAGE_INFO },
      resourceVersion: { type: text, description: 'The state that the page is of.' },
      continue: { type: GraphQLString, description: '`endCursor`, if more follows.' },
      remainingItemCount: { type: GraphQLInt, description: 'How many follow, where that is known without looking.' },
    }),
  });

/** `PageInfo`, as the specification of GraphQL cursor connections has it. */
export function addPageInfo(builder: Builder): void {
  builder.objectRef<PageInfo>('PageInfo').implement({
    description: 'Where a page stands in its list.',
    fields: (t) => ({
      startCursor: t.exposeString('startCursor', {
        nullable: true,
        description: 'of the first object: what is given as `before`',
        extensions: PLAIN,
      }),
      endCursor: t.exposeString('endCursor', {
        nullable: true,
        description: 'of the last object: what is given as `after`',
        extensions: PLAIN,
      }),
      hasNextPage: t.exposeBoolean('hasNextPage', { description: 'more follows', extensions: PLAIN }),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
        description: 'something stands before it',
        extensions: PLAIN,
      }),
    }),
  });
}
