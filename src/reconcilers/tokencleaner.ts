import { unlessChanged } from '../control/conflict.ts';
import type { Reconciler } from '../control/contract.ts';
import { keyOf, splitKey } from '../control/keys.ts';
import { expiryOf, isToken } from './bootstrap-tokens.ts';

/** At most so long between two looks at one token, ms: timers take no more. */
const LOOK_EVERY = 24 * 3600_000;

/** Deletes bootstrap tokens that have ended. Source: pkg/controller/bootstrap, KEP-130. */
export const tokencleaner: Reconciler = {
  name: 'token-cleaner',
  account: 'token-cleaner',
  watches: [
    {
      resource: 'secrets',
      keys: (secret) => (secret && isToken(secret) ? [keyOf(secret)] : []),
    },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const secret = ctx.informer('secrets').get(namespace, name);
    if (!secret || !isToken(secret)) return undefined;
    const left = expiryOf(secret) - ctx.clock.now();
    if (left > 0) return left === Infinity ? undefined : { requeueAfter: Math.min(left, LOOK_EVERY) };
    // Another one may have its name by now.
    await unlessChanged(ctx.client.delete('secrets', namespace, name, { uid: secret.metadata.uid }));
    return undefined;
  },
};
