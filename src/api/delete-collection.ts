import { isStatusError } from '../meta/status.ts';
import { optionsText } from './audit/shown.ts';
import type { DeleteOptions, ListAnswer, ListOptions, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { removeAuthorized } from './delete.ts';
import { warnOfDeletion } from './deletion/refuse.ts';
import { isTurnOver, nextTurn } from './fairness/turns.ts';
import { listAuthorized } from './list.ts';
import { withChangeSet } from './history/change-set.ts';
import { checkDeleteOptions } from './options.ts';
import { selectedAttributes } from './selection.ts';

/** Deletes that run at once; a commit takes up to 64 writes, so more would only wait. */
const AT_ONCE = 64;

/** Deletes what a list of the same options finds, each on its own. Answers what was found. */
export async function deleteCollection(
  core: Core,
  ctx: RequestContext,
  target: Target,
  options: ListOptions,
  how: DeleteOptions,
): Promise<ListAnswer> {
  const attributes = selectedAttributes('deletecollection', target, options);
  core.authorizer.requireAttributes(ctx, attributes);
  ctx.audit?.sentText(() => optionsText(how));
  checkDeleteOptions(how);
  warnOfDeletion(ctx, target, how);
  // who may delete the collection need not be allowed to list it
  const found = await listAuthorized(core, ctx.user, attributes, target, options);
  const waiting = [...found.items];
  const together = withChangeSet(ctx);
  const worker = async (): Promise<void> => {
    for (let item = waiting.pop(); item; item = waiting.pop()) {
      // all that run at once have one turn together
      if (isTurnOver()) await nextTurn();
      const one: Target = { ...target, namespace: item.namespace, name: item.name };
      await removeAuthorized(core, together, one, { ...how }, 'as one of all').catch((error: unknown) => {
        if (!isStatusError(error, 'NotFound')) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
  return found;
}
