import { contextWith } from '../../api/audit/calls.ts';
import { UNRECORDED } from '../../api/audit/contract.ts';
import type { Api, RequestContext, Target, WatchOptions, WatchSink } from '../../api/contract.ts';
import { selectedAttributes } from '../../api/selection.ts';

/**
 * A watch that several may read: the audit log is told of each of them (`Subscription.openedBy`), as if the watch were its
 * own, and of the watch itself only where it is refused. Throws what the API refuses it with.
 */
export async function sharedWatch(
  api: Api,
  request: RequestContext,
  target: Target,
  options: WatchOptions,
  sink: WatchSink,
): Promise<() => void> {
  try {
    return await api.watch(contextWith(request, UNRECORDED), target, options, sink);
  } catch (error) {
    api.recordWatch(request, selectedAttributes('watch', target, options), error);
    throw error;
  }
}
