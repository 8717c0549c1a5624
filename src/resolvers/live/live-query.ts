import type { GraphQLResolveInfo } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { systemClock } from '../../rules/clock.ts';
import type { OperationContext } from '../context.ts';
import { followView } from './follow-view.ts';
import { LiveRelations } from './live-relations.ts';
import { firstOf, liveSelection, type LiveArguments } from './select-live.ts';
import { ResumeToken } from './resume-token.ts';
import type { Subscription } from './subscription.ts';
import { asksAlike, leadsElsewhere, selects } from './selected-fields.ts';
import { LiveWindow } from './window.ts';

/**
 * Begins a live query of a kind: the operation's subscription tells the result to who begins, and then what changes of it.
 * Throws what the API refuses the list or its watch with, 400 for arguments, 429 where there are too many.
 */
export async function beginLiveQuery(
  context: OperationContext,
  kind: Kind,
  args: LiveArguments,
  info: GraphQLResolveInfo,
): Promise<Subscription> {
  const selection = liveSelection(context, kind, args);
  const first = firstOf(args);
  const token = new ResumeToken(`${selection.id} ${first}`);
  const counts = selects(info, 'totalCount');
  const render = context.subscribing?.render;
  const once = asksAlike(info, ['items'], ['changes', 'object']);
  const relations =
    render && leadsElsewhere(info)
      ? (onDue: () => void): LiveRelations => new LiveRelations(context, kind, render, once, onDue)
      : undefined;
  return followView(
    context,
    selection,
    relations !== undefined,
    (view, subscription) =>
      new LiveWindow(view, subscription, { first, counts, timers: systemClock, token, relations }),
    args.resume ?? undefined,
  );
}
