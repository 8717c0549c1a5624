import {
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
} from 'graphql';
import type { Kind } from '../../../kinds/kind.ts';
import type { OperationContext } from '../../context.ts';
import type { KindTypes } from '../../schema/kind-types.ts';
import { endText } from '../../relations/end-text.ts';
import { endsOf } from '../../relations/ends.ts';
import { namesOf } from '../../schema/names.ts';
import { fieldType, pickType } from '../field-types.ts';
import { combined, scalarWhereType } from '../where-types.ts';
import { WORDS } from '../word-texts.ts';
import { REDUCTIONS, type Reduction } from './accumulator.ts';
import type { Group } from './aggregation.ts';
import { relationsToOne } from './group-by.ts';

const DESCRIPTIONS: Readonly<Record<Reduction, string>> = {
  sum: 'The sum of a field of numbers or quantities, exact; 0 of none.',
  min: 'The smallest value of a field.',
  max: 'The largest value of a field.',
  avg: 'The average of a field of numbers or quantities, of the objects that have it.',
};

const COUNT = 'How many objects it has.';
const COMPARISONS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const;

/** An answer of an aggregation: the groups of a page, and all objects as one. */
export interface Aggregate {
  resourceVersion: string;
  groupCount: number;
  total: Group;
  groups: readonly Group[];
}

/** `PodAggregate` */
export function aggregateType(kind: Kind, types: KindTypes): GraphQLObjectType {
  const { type: name } = namesOf(kind);
  const group = new GraphQLObjectType<Group, OperationContext>({
    name: types.claim(`${name}Group`),
    description: 'Objects that have the values of some fields in common.',
    fields: () => ({
      by: {
        type: new GraphQLNonNull(new GraphQLList(types.scalars.any)),
        description: 'The values that the group has in common, in the order of groupBy; null: there is none.',
        resolve: ({ by }) => by.map(({ shown }) => shown),
      },
      count: { type: new GraphQLNonNull(GraphQLInt), description: COUNT },
      ...reductionFields(kind, types),
    }),
  });
  return new GraphQLObjectType<Aggregate, OperationContext>({
    name: types.claim(`${name}Aggregate`),
    description: `What is reckoned of \`${kind.resource}\`.`,
    fields: () => ({
      total: { type: new GraphQLNonNull(group), description: 'All that match as one group.' },
      groupCount: { type: new GraphQLNonNull(GraphQLInt), description: 'All groups that `having` takes.' },
      groups: {
        description: 'the groups of this page',
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(group))),
        resolve: ({ groups }, _, { budget }, info) => budget.items(groups, info),
      },
      resourceVersion: { type: new GraphQLNonNull(GraphQLString), description: 'the state that it is reckoned of' },
    }),
  });
}

const reductionFields = (kind: Kind, types: KindTypes): GraphQLFieldConfigMap<Group, OperationContext> =>
  Object.fromEntries(
    REDUCTIONS.map((reduction) => [
      reduction,
      {
        type: types.scalars.any,
        description: DESCRIPTIONS[reduction],
        args: { of: { type: new GraphQLNonNull(types.orderBy(kind)), description: 'the field' } },
        resolve: async (group: Group, { of }: { of: unknown }) =>
          (await group.reduced(reduction, of, `${reduction}.of`))?.shown ?? null,
      },
    ]),
  );

/** What `groupBy` names: a field of the kind, or of what it leads to. */
export function groupByType(kind: Kind, types: KindTypes): GraphQLInputObjectType {
  const own = fieldType(kind, types);
  const relations = relationsToOne(kind, endsOf(kind, types.registry));
  if (!relations.length) return own;
  return new GraphQLInputObjectType({
    name: types.claim(`${namesOf(kind).type}GroupBy`),
    description: 'One field: of the object, or of one that it leads to.',
    fields: () => {
      const fields: GraphQLInputFieldConfigMap = {};
      for (const end of relations) fields[end.field] = { type: types.orderBy(end.to[0]), description: endText(end) };
      for (const { name, type, description } of Object.values(own.getFields())) fields[name] = { type, description };
      return fields;
    },
  });
}

/** What `having` says of a group. */
export function groupWhereType(kind: Kind, types: KindTypes): GraphQLInputType {
  const { type: name } = namesOf(kind);
  const { any } = types.scalars;
  const value = new GraphQLInputObjectType({
    name: types.claim(`${name}ReductionWhere`),
    description: 'What is said of what is reckoned of one field.',
    fields: () => ({
      of: { type: new GraphQLNonNull(types.orderBy(kind)), description: 'the field' },
      ...Object.fromEntries(COMPARISONS.map((word) => [word, { type: any, description: WORDS[word] }])),
    }),
  });
  const values = new GraphQLList(new GraphQLNonNull(value));
  const where: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: types.claim(`${name}GroupWhere`),
    description: 'What groups have to be like: all that is said holds.',
    fields: () => ({
      count: { type: scalarWhereType('int32', types), description: COUNT },
      ...Object.fromEntries(
        REDUCTIONS.map((reduction) => [reduction, { type: values, description: DESCRIPTIONS[reduction] }]),
      ),
      ...combined(where),
    }),
  });
  return where;
}

/** One step of an order of groups. */
export const groupOrderType = (kind: Kind, types: KindTypes): GraphQLInputObjectType =>
  new GraphQLInputObjectType({
    name: types.claim(`${namesOf(kind).type}GroupOrder`),
    description: 'Exactly one: the number of objects, or what is reckoned of a field.',
    fields: () => ({
      count: { type: pickType(types), description: COUNT },
      ...Object.fromEntries(
        REDUCTIONS.map((reduction) => [reduction, { type: types.orderBy(kind), description: DESCRIPTIONS[reduction] }]),
      ),
    }),
  });
