import { GraphQLBoolean, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import type { WriteArguments } from '../targets.ts';

/** What every mutation of an object takes. */
export const WRITE: GraphQLFieldConfigArgumentMap = {
  dryRun: { type: GraphQLBoolean, description: 'answers what the write would answer' },
  fieldManager: {
    type: GraphQLString,
    description: "who owns the fields that are written; the client's name when not given",
  },
  fieldValidation: { type: GraphQLString, description: 'Strict, Warn or Ignore' },
};

/** Of a write of an object that is there. */
export interface NamedWrite extends WriteArguments {
  namespace?: string | null | undefined;
  name: string;
}

/** What names the object of a write, and a part of it that is written by itself. */
export const NAME_DESCRIPTION = 'metadata.name';
export const SUBRESOURCE = 'a part that is written by itself: `status`, `scale`';

export const PROPAGATION = 'Orphan, Background or Foreground';

/** What the object must be; 409 where it is another. */
export const PRECONDITIONS: GraphQLFieldConfigArgumentMap = {
  uid: { type: GraphQLString, description: 'Nothing is written where the object has another.' },
  resourceVersion: { type: GraphQLString, description: 'Nothing is written where the object is at another.' },
};
