import type { GraphQLInputType, GraphQLObjectType } from 'graphql';
import { historyField } from '../history/object-history.ts';
import { liveFields } from '../live/live-fields.ts';
import { rolloutStatusFields } from '../live/rollout-subscription.ts';
import { watchFields, eventType } from '../live/watch-fields.ts';
import { logFields } from '../logs/log-fields.ts';
import { MUTATION_FACETS } from '../mutations/mutation-facets.ts';
import { relationFields } from '../relations/relation-fields.ts';
import { cellsField } from '../table/cells-field.ts';
import { aggregateFields } from '../where/aggregate/aggregate-fields.ts';
import { connectionType } from '../where/connection-type.ts';
import { fieldType } from '../where/field-types.ts';
import { queryFields } from '../where/query-fields.ts';
import { whereType } from '../where/where-types.ts';
import type { Facet, TypeMaker } from './kind-types.ts';

/** All that the schema has of a kind besides its type, in the order of its fields. */
export const FACETS: readonly Facet[] = [
  relationFields,
  queryFields,
  aggregateFields,
  ...MUTATION_FACETS,
  watchFields,
  liveFields,
  rolloutStatusFields,
  logFields,
  historyField,
  cellsField,
];

/** The types of a kind that several facets share. */
export const MAKERS: {
  where: TypeMaker<GraphQLInputType>;
  orderBy: TypeMaker<GraphQLInputType>;
  connection: TypeMaker<GraphQLObjectType>;
  event: TypeMaker<GraphQLObjectType>;
} = {
  where: whereType,
  orderBy: fieldType,
  connection: connectionType,
  event: eventType,
};
