import { Subscription, type Subscriber, type TextOf } from './subscription.ts';
import type { JsonText } from './json-text.ts';

/** Subscriptions that others may join, at once; further ones run alone. */
const MAX_SHARED = 1000;

/** One execution for all subscribers of the same document, variables and identity. */
export class SharedSubscriptions {
  private readonly shared = new Map<string, Subscription>();

  constructor(private readonly refused: (error: unknown) => JsonText) {}

  /** @param begin called only when there is none to join, or it is not known from its start any more */
  join(key: string, textOf: TextOf, begin: (subscription: Subscription) => void): Subscriber {
    const known = this.shared.get(key);
    if (known?.joinable) return known.join();
    const subscription: Subscription = new Subscription(textOf, this.refused, () => {
      if (this.shared.get(key) === subscription) this.shared.delete(key);
    });
    if (known || this.shared.size < MAX_SHARED) this.shared.set(key, subscription);
    const subscriber = subscription.join();
    begin(subscription);
    return subscriber;
  }
}
