import { expired } from '../meta/status.ts';
import { Compacted, type Having, type ListSnapshot, type Store, type Stored } from '../store/contract.ts';
import type { ResourceAttributes } from './authorization/attributes.ts';
import { pastOf } from './authorization/past.ts';
import type { ListAnswer, ListOptions, RequestContext, Target, User } from './contract.ts';
import { decodeContinue, encodeContinue, type ContinueToken } from './continue-token.ts';
import { hasWebhook, inKindsVersion } from './conversion/stored-version.ts';
import type { Core } from './core.ts';
import { Slice } from './fairness/turns.ts';
import { checkContinue, checkListOptions, isExact } from './list-options.ts';
import { tooLargeRevision, unreadableCollection } from './store-errors.ts';
import { parseRevision, waitFor } from './resource-version.ts';
import { authorizedSelection, selectionOf, type Selection } from './selection.ts';

/** Objects between two looks at the clock. */
const LOOK_EVERY = 512;

/** A collection, or a page of it, as it was at one revision. */
export async function list(core: Core, ctx: RequestContext, target: Target, options: ListOptions): Promise<ListAnswer> {
  const { selection, attributes } = authorizedSelection(core, ctx, 'list', target, options);
  return listAuthorized(core, ctx.user, attributes, target, options, selection);
}

/** The revision that a list is to be of, where it is not the newest. */
function pastRevision(options: ListOptions, token: ContinueToken | undefined): number | bigint | undefined {
  if (options.asOf !== undefined) return options.asOf;
  if (token) return token.revision;
  return isExact(options) ? parseRevision(options.resourceVersion) : undefined;
}

/** The same for a caller that has the right of `attributes`: it reaches back as far as that. */
export async function listAuthorized(
  core: Core,
  user: User,
  attributes: ResourceAttributes,
  target: Target,
  options: ListOptions,
  selection = selectionOf(target, options),
): Promise<ListAnswer> {
  checkListOptions(options);
  const token = options.continue ? decodeContinue(options.continue) : undefined;
  if (token) checkContinue(options);
  const revision = pastRevision(options, token);
  if (revision !== undefined) {
    const since = await pastOf(core, user, attributes);
    if (!since || revision < since.revision) {
      if (token) throw tooOld(token);
      // as if nothing had been there
      return { kind: target.kind, revision: Number(revision), items: [] };
    }
  }
  const snapshot = await snapshotOf(core.store, selection, options, token);
  const unreadable = core.store.unreadable(selection.scope);
  if (unreadable) throw unreadableCollection(unreadable);
  const answer = await page(target, selection, snapshot, options, token);
  if (!hasWebhook(target.kind)) return answer;
  return { ...answer, items: await inKindsVersion(core, target.kind, answer.items) };
}

async function snapshotOf(
  store: Store,
  { scope, having }: Selection,
  options: ListOptions,
  token: ContinueToken | undefined,
): Promise<ListSnapshot> {
  if (options.asOf !== undefined) return store.pastAt(scope, options.asOf);
  if (typeof token?.revision === 'bigint') throw tooLargeRevision(token.revision, store.revision);
  if (token?.revision !== undefined) {
    try {
      return await store.listAt(scope, token.revision);
    } catch (error) {
      if (error instanceof Compacted) throw tooOld(token);
      throw error;
    }
  }
  const revision = parseRevision(options.resourceVersion);
  if (revision !== undefined && isExact(options) && !token) {
    // an exact revision that is not there yet is not waited for
    if (revision > store.revision) await store.fresh();
    if (revision > store.revision) throw tooLargeRevision(revision, store.revision);
    return store.listAt(scope, revision);
  }
  await waitFor(store, token ? undefined : revision);
  return store.list(scope, pagesAs(options, having));
}

/**
 * A page says whether there is more to look at, matching or not. So pages are of the whole collection, but for pods of a
 * node, of which kube-apiserver has an index too.
 */
const pagesAs = ({ limit = 0 }: ListOptions, having: Having | undefined): Having | undefined =>
  limit <= 0 || having?.field === 'spec.nodeName' ? having : undefined;

/** 410 with a token that goes on at the newest state. */
const tooOld = (token: ContinueToken) =>
  expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    encodeContinue({ ...token, revision: undefined }),
  );

const before = (stored: Stored, token: ContinueToken): boolean =>
  stored.namespace < token.namespace || (stored.namespace === token.namespace && stored.name < token.name);

/** Index of the first item that is not before the token; items are sorted by namespace and name. */
function startOf(items: readonly Stored[], token: ContinueToken | undefined): number {
  if (!token) return 0;
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(items[middle]!, token)) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function page(
  target: Target,
  { matches }: Selection,
  snapshot: ListSnapshot,
  options: ListOptions,
  token: ContinueToken | undefined,
): Promise<ListAnswer> {
  const { items: all, revision } = snapshot;
  const limit = Math.max(0, options.limit ?? 0);
  const start = startOf(all, token);
  const answer = { kind: target.kind, revision };
  if (!limit && start === 0 && !matches) return { ...answer, items: all };
  const items: Stored[] = [];
  // a snapshot waits
  const slice = new Slice();
  for (let i = start; i < all.length; i++) {
    if (i % LOOK_EVERY === LOOK_EVERY - 1 && slice.over) await slice.next();
    const item = all[i]!;
    if (matches && !matches(item)) continue;
    items.push(item);
    const after = all[i + 1];
    if (!limit || items.length < limit || !after) continue;
    // there is more to look at; whether any of it matches is not known without looking
    const { namespace, name } = after;
    const next = encodeContinue({ revision: token?.revision ?? revision, namespace, name });
    return { ...answer, items, continue: next, ...(!matches && { remainingItemCount: all.length - i - 1 }) };
  }
  return { ...answer, items };
}
