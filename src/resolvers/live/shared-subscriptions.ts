import { isStatusError } from '../../meta/status.ts';
import type { Hold, Subscriber } from './subscriber.ts';
import type { TextOf } from './event-texts.ts';
import { Subscription } from './subscription.ts';
import type { JsonText } from '../json-text.ts';

/** Subscriptions that others may join, at once; further ones run alone. */
const MAX_SHARED = 1000;

/** One execution for all subscribers of the same document, variables and identity, each of which has to have the right. */
export class SharedSubscriptions {
  private readonly shared = new Map<string, Subscription>();

  constructor(private readonly refused: (error: unknown) => JsonText) {}

  /**
   * @param hold keeps the rights of the one who joins
   * @param resume what the one who joins was told last, where there is a latest state
   * @param begin called only when there is none to join, or it is not known from its start any more
   */
  join(
    key: string,
    textOf: TextOf,
    hold: Hold,
    begin: (subscription: Subscription) => void,
    resume?: string,
  ): Subscriber {
    const known = this.shared.get(key);
    const joined = known?.joinable ? joinedTo(known, hold, resume) : undefined;
    if (joined) return joined;
    const subscription: Subscription = new Subscription(textOf, this.refused, () => {
      if (this.shared.get(key) === subscription) this.shared.delete(key);
    });
    if (known || this.shared.size < MAX_SHARED) this.shared.set(key, subscription);
    const subscriber = subscription.join(hold, resume);
    begin(subscription);
    return subscriber;
  }
}

/** Undefined: it may not, and begins one of its own, to be refused as anybody is. */
function joinedTo(subscription: Subscription, hold: Hold, resume?: string): Subscriber | undefined {
  try {
    return subscription.join(hold, resume);
  } catch (error) {
    if (isStatusError(error)) return undefined;
    throw error;
  }
}
