import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLInputObjectType } from 'graphql';
import type { Kind } from '../../../kinds/kind.ts';
import { badRequest } from '../../../meta/status.ts';
import type { OperationContext } from '../../context.ts';
import { AS_OF, resolveAsOf } from '../../history/as-of.ts';
import type { FieldPlace } from '../../relations/snapshots.ts';
import type { FacetFields, KindTypes } from '../../schema/kind-types.ts';
import { namesOf } from '../../schema/names.ts';
import { selectionArguments, type ListArguments } from '../list-arguments.ts';
import { collection } from '../list-source.ts';
import { DEFAULT_FIRST, MAX_FIRST } from '../paging.ts';
import { selected } from '../selected.ts';
import { aggregateType, groupByType, groupOrderType, groupWhereType, type Aggregate } from './aggregate-types.ts';
import { Aggregation } from './aggregation.ts';
import { havingOf, orderedGroups } from './choose-groups.ts';
import { compileGroupField } from './group-by.ts';

interface AggregateArguments extends ListArguments {
  groupBy?: unknown;
  having?: unknown;
}

/** Fields that one group has in common. */
const MAX_GROUP_FIELDS = 10;

/** `podsAggregate(…)`: how many objects there are, and sums of their fields, in groups. */
export function aggregateFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('list') || !kind.storage.persisted) return {};
  const list = (type: GraphQLInputObjectType) => new GraphQLList(new GraphQLNonNull(type));
  return {
    query: {
      [`${namesOf(kind).many}Aggregate`]: {
        type: new GraphQLNonNull(aggregateType(kind, types)),
        description: 'Counts, sums, averages and extremes of a list, whole and in groups.',
        args: {
          ...selectionArguments(kind, types),
          asOf: { type: GraphQLString, description: AS_OF },
          groupBy: { type: list(groupByType(kind, types)), description: 'Groups come in the order of these fields.' },
          having: { type: groupWhereType(kind, types) },
          orderBy: { type: list(groupOrderType(kind, types)), description: 'Before the order of groupBy.' },
          first: { type: GraphQLInt, description: 'groups; 500 unless said' },
        },
        resolve: (_, args: AggregateArguments, context, info) => aggregate(context, kind, args, info),
      },
    },
  };
}

async function aggregate(
  context: OperationContext,
  kind: Kind,
  args: AggregateArguments,
  info: FieldPlace,
): Promise<Aggregate> {
  const { budget } = context;
  const first = args.first ?? DEFAULT_FIRST;
  const asOf = args.asOf ? String(await resolveAsOf(context, args.asOf)) : undefined;
  const { items, revision } = await selected(context, kind, args, collection(context, kind, args), asOf);
  context.snapshotOf(info).pin(revision);
  if (first < 1 || first > MAX_FIRST) throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const groupBy = args.groupBy === null || args.groupBy === undefined ? [] : [args.groupBy].flat();
  if (groupBy.length > MAX_GROUP_FIELDS) throw badRequest(`groupBy: more than ${MAX_GROUP_FIELDS} fields`);
  const fields = groupBy.map((given, i) => compileGroupField(kind, given, `groupBy[${i}]`, context, info));
  const aggregation = await Aggregation.of(kind, items, fields, budget, !args.where);
  const chosen = args.having ? await havingOf(aggregation.groups, aggregation, args.having) : aggregation.groups;
  const groups = await orderedGroups(chosen, aggregation, args.orderBy, fields);
  const whole = fields.length ? await aggregation.asOne() : aggregation;
  return {
    resourceVersion: String(revision),
    groupCount: groups.length,
    total: whole.groups[0]!,
    groups: groups.slice(0, first),
  };
}
