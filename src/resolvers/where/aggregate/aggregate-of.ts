import type { Kind } from '../../../kinds/kind.ts';
import { badRequest } from '../../../meta/status.ts';
import type { Stored } from '../../../store/contract.ts';
import type { OperationContext } from '../../context.ts';
import type { FieldPlace } from '../../relations/snapshots.ts';
import type { ListArguments } from '../list-arguments.ts';
import { DEFAULT_FIRST, MAX_FIRST } from '../paging.ts';
import type { Aggregate } from './aggregate-types.ts';
import { Aggregation } from './aggregation.ts';
import { havingOf, orderedGroups } from './choose-groups.ts';
import { compileGroupField, type GroupField } from './group-by.ts';

export interface AggregateArguments extends ListArguments {
  groupBy?: unknown;
  having?: unknown;
}

/** Fields that one group has in common. */
const MAX_GROUP_FIELDS = 10;

/** The fields that objects are grouped by. Throws 400 for arguments that cannot be answered. */
export function groupFieldsOf(
  context: OperationContext,
  kind: Kind,
  args: AggregateArguments,
  info: FieldPlace,
): GroupField[] {
  const first = args.first ?? DEFAULT_FIRST;
  if (first < 1 || first > MAX_FIRST) throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const groupBy = args.groupBy === null || args.groupBy === undefined ? [] : [args.groupBy].flat();
  if (groupBy.length > MAX_GROUP_FIELDS) throw badRequest(`groupBy: more than ${MAX_GROUP_FIELDS} fields`);
  return groupBy.map((given, i) => compileGroupField(kind, given, `groupBy[${i}]`, context, info));
}

/** @param list by namespace and name: what the selectors and `where` of the arguments take */
export async function aggregateOf(
  context: OperationContext,
  kind: Kind,
  args: AggregateArguments,
  { items, revision }: { items: readonly Stored[]; revision: number },
  info: FieldPlace,
): Promise<Aggregate> {
  context.snapshotOf(info).pin(revision);
  const fields = groupFieldsOf(context, kind, args, info);
  const aggregation = await Aggregation.of(kind, items, fields, context.budget, !args.where);
  const chosen = args.having ? await havingOf(aggregation.groups, aggregation, args.having) : aggregation.groups;
  const groups = await orderedGroups(chosen, aggregation, args.orderBy, fields);
  const whole = fields.length ? await aggregation.asOne() : aggregation;
  return {
    resourceVersion: String(revision),
    groupCount: groups.length,
    total: whole.groups[0]!,
    groups: groups.slice(0, args.first ?? DEFAULT_FIRST),
  };
}
