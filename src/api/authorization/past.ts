import { timeMs } from '../../meta/time.ts';
import type { Store } from '../../store/contract.ts';
import type { User } from '../contract.ts';
import type { ResourceAttributes } from './attributes.ts';
import type { Authorizer } from './authorizer.ts';

/** How far back: nothing of an earlier revision, nothing written earlier. */
export interface Since {
  readonly revision: number;
  /** ms since the epoch */
  readonly at: number;
}

/** As far as anything is kept. */
export const EVER: Since = { revision: 0, at: 0 };

export interface PastParts {
  store: Pick<Store, 'get' | 'made'>;
  authorizer: Pick<Authorizer, 'decide'>;
}

/**
 * How far back somebody may look by a right that he has now: to the beginning with one that holds in all namespaces. With
 * one in a namespace alone to when that was made: what was there before in one of the same name was others'. Undefined:
 * he may not look at all.
 */
export async function pastOf(
  { store, authorizer }: PastParts,
  user: User,
  attributes: ResourceAttributes,
): Promise<Since | undefined> {
  if (!authorizer.decide(user, attributes).allowed) return undefined;
  const { namespace } = attributes;
  if (!namespace || authorizer.decide(user, { ...attributes, namespace: '' }).allowed) return EVER;
  return madeAt(store, namespace);
}

/** By uid: when it was made does not change. */
const known = new WeakMap<PastParts['store'], Map<string, Since>>();
const MAX_KNOWN = 10_000;
const SECOND_MS = 1000;

async function madeAt(store: PastParts['store'], name: string): Promise<Since | undefined> {
  const key = { resource: 'namespaces', namespace: '', name };
  const namespace = store.get(key);
  if (!namespace) return undefined;
  let ofStore = known.get(store);
  if (!ofStore) known.set(store, (ofStore = new Map<string, Since>()));
  let since = ofStore.get(namespace.uid);
  if (since) return since;
  const made = await store.made(key);
  if (!made) return undefined;
  // the object knows no more than the second, in which there may have been another
  const { creationTimestamp } = namespace.object.metadata;
  since = { revision: made.revision, at: made.at ?? (creationTimestamp ? timeMs(creationTimestamp) : 0) + SECOND_MS };
  if (ofStore.size >= MAX_KNOWN) ofStore.clear();
  ofStore.set(namespace.uid, since);
  return since;
}
