import { collectionAttributes } from '../../api/selection.ts';
import { internalError } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import type { LiveSelection } from './live-selection.ts';
import type { Latest, Subscription } from './subscription.ts';
import type { LiveView, ViewListener } from './view.ts';

/** What tells a subscription of a view, until it is closed. */
export interface ViewTeller extends ViewListener {
  latest: Latest;
  close(): void;
}

/**
 * The operation's subscription is told of a view by what `tellerOf` makes for it, for as long as somebody may read it.
 * Throws what the API refuses the list or its watch with, 429 where there are too many views.
 * @param isRelated it shows what relations lead to
 * @param resume where who says nothing else goes on
 */
export async function followView(
  { request, subscribing }: OperationContext,
  selection: LiveSelection,
  isRelated: boolean,
  tellerOf: (view: LiveView, subscription: Subscription) => ViewTeller,
  resume?: string,
): Promise<Subscription> {
  if (!subscribing) throw internalError('a live query outside of a subscription');
  const { subscription, views, rights } = subscribing;
  let teller: ViewTeller | undefined;
  const follower = { request, rights, isRelated };
  const leave = await views.follow(follower, selection, (view) => {
    const made = (teller = tellerOf(view, subscription));
    // in this turn: what the view tells comes after what it was when it began to tell
    subscription.tellsLatest((own) => made.latest(own ?? resume));
    return made;
  });
  subscription.openedBy(
    selection.targets.flatMap((target) =>
      ['list', 'watch'].map((verb) => collectionAttributes(verb, target, selection.options)),
    ),
  );
  subscription.closing(() => {
    teller?.close();
    leave();
  });
  return subscription;
}
