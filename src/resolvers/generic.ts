import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.ts';
import { addFieldChange } from './field-change.ts';
import { addHistoryFields } from './history/history-fields.ts';
import { addBundleFields } from './mutations/bundle-fields.ts';
import { addRolloutTypes } from './mutations/rollout/rollout-types.ts';
import { addDrainSubscription } from './mutations/drain/drain-fields.ts';
import { addDeletePreview } from './mutations/preview-fields.ts';
import { addGenericMany } from './mutations/generic-many.ts';
import { addApplyConflict } from './mutations/try-apply.ts';
import { addGenericMutations } from './mutations/generic-mutations.ts';
import { addGenericQueries } from './generic-queries.ts';
import { addGenericSubscriptions } from './live/generic-subscriptions.ts';
import { addExecResult } from './exec/exec-fields.ts';
import { addLogLine } from './logs/log-fields.ts';
import { addKeptLogs } from './logs/kept-log-fields.ts';
import { addLiveTypes } from './live/live-types.ts';
import { addMyNamespaces } from './table/my-namespaces.ts';
import { addMyRights } from './table/my-rights.ts';
import { addPageInfo } from './where/connection-type.ts';
import { addSearch } from './where/search/search-fields.ts';

/** The part of the schema that no kind changes; made once. */
export function genericSchema(): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({});
  builder.mutationType({});
  builder.subscriptionType({});
  addGenericQueries(builder);
  addGenericMutations(builder);
  const fieldChange = addFieldChange(builder);
  addGenericMany(builder, addBundleFields(builder, fieldChange));
  addApplyConflict(builder);
  addDrainSubscription(builder);
  addDeletePreview(builder);
  addRolloutTypes(builder);
  addHistoryFields(builder, fieldChange);
  addGenericSubscriptions(builder);
  addLiveTypes(builder);
  addLogLine(builder);
  addExecResult(builder);
  addKeptLogs(builder);
  addPageInfo(builder);
  addSearch(builder);
  addMyNamespaces(builder);
  addMyRights(builder);
  return builder.toSchema({ sortSchema: false });
}
