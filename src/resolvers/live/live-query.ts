import { Kind as Syntax, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { systemClock } from '../../rules/clock.ts';
import type { OperationContext } from '../context.ts';
import { followView } from './follow-view.ts';
import { firstOf, liveSelection, type LiveArguments } from './select-live.ts';
import { ResumeToken } from './resume-token.ts';
import type { Subscription } from './subscription.ts';
import { LiveWindow } from './window.ts';

/**
 * Begins a live query of a kind: the operation's subscription tells the result to who begins, and then what changes of it.
 * Throws what the API refuses the list or its watch with, 400 for arguments, 429 where there are too many.
 */
export async function beginLiveQuery(
  context: OperationContext,
  kind: Kind,
  args: LiveArguments,
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): Promise<Subscription> {
  const selection = liveSelection(context, kind, args);
  const first = firstOf(args);
  const token = new ResumeToken(`${selection.id} ${first}`);
  const counts = selects(info, 'totalCount');
  return followView(
    context,
    selection,
    (view, subscription) => new LiveWindow(view, subscription, { first, counts, timers: systemClock, token }),
    args.resume ?? undefined,
  );
}

/** Whether a field of the payload is asked for, however it is called there. */
function selects(
  { fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
  name: string,
): boolean {
  const visited = new Set<string>();
  const has = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Syntax.FIELD) return selection.name.value === name;
      if (selection.kind === Syntax.INLINE_FRAGMENT) return has(selection.selectionSet);
      const fragment = selection.name.value;
      if (visited.has(fragment)) return false;
      visited.add(fragment);
      return has(fragments[fragment]?.selectionSet);
    }) ?? false;
  return fieldNodes.some(({ selectionSet }) => has(selectionSet));
}
