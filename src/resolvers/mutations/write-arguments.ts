import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLBoolean, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import type { WriteArguments } from '../targets.ts';

/** What every mutation of an object takes. */
export const WRITE: GraphQLFieldConfigArgumentMap = {
  dryRun: { type: GraphQLBoolean, description: ARGUMENTS.dryRun },
  fieldManager: {
    type: GraphQLString,
    description: ARGUMENTS.fieldManager,
  },
  fieldValidation: { type: GraphQLString, description: ARGUMENTS.fieldValidation },
};

/** Of a write of an object that is there. */
export interface NamedWrite extends WriteArguments {
  namespace?: string | null | undefined;
  name: string;
}

/** What the object must be; 409 where it is another. */
export const PRECONDITIONS: GraphQLFieldConfigArgumentMap = {
  uid: { type: GraphQLString, description: ARGUMENTS.uid },
  resourceVersion: { type: GraphQLString, description: ARGUMENTS.resourceVersion },
};
