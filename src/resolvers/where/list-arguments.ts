import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import { AS_OF } from '../history/as-of.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KindTypes } from '../schema/kind-types.ts';
import type { NamespaceArguments } from './list-source.ts';

/** The arguments of a list, as resolvers get them. */
export interface ListArguments extends NamespaceArguments {
  where?: unknown;
  orderBy?: unknown;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  asOf?: string | null | undefined;
}

const names = new GraphQLList(new GraphQLNonNull(GraphQLString));

export const namespaceArgument = (kind: Kind): Record<string, { type: typeof GraphQLString; description: string }> =>
  kind.namespaced ? { namespace: { type: GraphQLString, description: ARGUMENTS.namespace } } : {};

/** Which objects: those of namespaces, and of them what selectors and a filter take. */
export const selectionArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  ...namespaceArgument(kind),
  ...(kind.namespaced && { namespaces: { type: names, description: ARGUMENTS.namespaces } }),
  ...filterArguments(kind, types),
});

/** The same where the namespaces are known: of a relation. */
export const filterArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  labelSelector: { type: GraphQLString, description: ARGUMENTS.labelSelector },
  fieldSelector: { type: GraphQLString, description: ARGUMENTS.fieldSelector },
  where: { type: types.where(kind), description: 'what objects have to be like' },
});

/** Which part of them, in which order. */
export const pageArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  orderBy: {
    type: new GraphQLList(new GraphQLNonNull(types.orderBy(kind))),
    description: 'Fields by their weight; what is equal in all of them is by namespace and name.',
  },
  first: {
    type: GraphQLInt,
    description: ARGUMENTS.first,
  },
  after: { type: GraphQLString, description: '`endCursor` of the page before: of the same query, whose state stays' },
  last: { type: GraphQLInt, description: 'how many from the end, or before `before`' },
  before: { type: GraphQLString, description: '`startCursor` of the page behind' },
});

/** The arguments of a list of a kind, which `selectObjects` answers. */
export const listArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  ...selectionArguments(kind, types),
  ...pageArguments(kind, types),
  asOf: { type: GraphQLString, description: AS_OF },
});
