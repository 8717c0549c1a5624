import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLInputObjectType } from 'graphql';
import type { Kind } from '../../../kinds/kind.ts';
import type { OperationContext } from '../../context.ts';
import { AS_OF } from '../../history/as-of.ts';
import { beginLiveAggregate } from '../../live/live-aggregate.ts';
import type { FieldPlace } from '../../relations/snapshots.ts';
import type { FacetFields, KindTypes } from '../../schema/kind-types.ts';
import { namesOf } from '../../schema/names.ts';
import { selectionArguments } from '../list-arguments.ts';
import { collection } from '../list-source.ts';
import { selected } from '../selected.ts';
import { aggregateOf, type AggregateArguments } from './aggregate-of.ts';
import { aggregateType, groupByType, groupOrderType, groupWhereType, type Aggregate } from './aggregate-types.ts';

/** `podsAggregate(…)`: how many objects there are, and sums of their fields, in groups; `podsAggregateLive(…)` goes on. */
export function aggregateFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('list') || !kind.storage.persisted) return {};
  const list = (type: GraphQLInputObjectType) => new GraphQLList(new GraphQLNonNull(type));
  const { many } = namesOf(kind);
  const type = aggregateType(kind, types);
  const grouped = {
    groupBy: { type: list(groupByType(kind, types)), description: 'Groups come in the order of these fields.' },
    having: { type: groupWhereType(kind, types), description: 'What groups have to be like.' },
    orderBy: { type: list(groupOrderType(kind, types)), description: 'Before the order of groupBy.' },
    first: { type: GraphQLInt, description: 'groups; 500 unless said' },
  };
  const selection = selectionArguments(kind, types);
  return {
    query: {
      [`${many}Aggregate`]: {
        type,
        description: 'Counts, sums, averages and extremes of a list, whole and in groups.',
        args: { ...selection, asOf: { type: GraphQLString, description: AS_OF }, ...grouped },
        resolve: (_, args: AggregateArguments, context, info) => aggregate(context, kind, args, info),
      },
    },
    ...(kind.verbs.includes('watch') && {
      subscription: {
        [`${many}AggregateLive`]: {
          type: new GraphQLNonNull(type),
          description: `What \`${many}Aggregate\` answers, and again when another answer comes of it: at most ten times a second.`,
          args: { ...selection, ...grouped },
          subscribe: (_, args: AggregateArguments, context, info) => beginLiveAggregate(context, kind, args, info),
          resolve: (value: Aggregate) => value,
        },
      },
    }),
  };
}

async function aggregate(
  context: OperationContext,
  kind: Kind,
  args: AggregateArguments,
  info: FieldPlace,
): Promise<Aggregate> {
  const asOf = args.asOf ? String(await context.api.resolveAsOf(args.asOf)) : undefined;
  const list = await selected(context, kind, args, collection(context, kind, args), asOf);
  return aggregateOf(context, kind, args, list, info);
}
