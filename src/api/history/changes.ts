import type { Kind } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import type { ChangeQuery, HistoryEntry } from '../../store/contract.ts';
import { authorizeRead } from '../audit/calls.ts';
import { ConversionFailed } from '../conversion/convert.ts';
import { attributesOf } from '../authorization/attributes.ts';
import { pastOf } from '../authorization/past.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { Slice } from '../fairness/turns.ts';
import { keyOf } from '../target.ts';
import { ToldChange, type Change } from './change.ts';
import type { ChangeFilter, ChangePage, ChangePageOptions, Within } from './contract.ts';
import { listablePlaces } from './places.ts';

/** Entries of a page, and the most that one question looks at: what matches rarely comes in pages that are not full. */
const MAX_FIRST = 500;
const DEFAULT_FIRST = 50;
const MAX_LOOKED = 5_000;

/** The history of one object, also of one that is gone: for who may get it, as far as that reaches. Throws 403. */
export async function history(
  core: Core,
  ctx: RequestContext,
  target: Target,
  filter: ChangeFilter,
  page: ChangePageOptions,
): Promise<ChangePage> {
  core.authorizer.require(ctx, 'get', target);
  const since = await pastOf(core, ctx.user, attributesOf('get', target));
  const places = since ? [{ ...keyOf(target), above: since.revision - 1 }] : [];
  return pageOf(core, ctx, { places }, filter, page, () => target.kind);
}

/** Everything that changed where the caller may list. */
export async function changes(
  core: Core,
  ctx: RequestContext,
  within: Within,
  filter: ChangeFilter,
  page: ChangePageOptions,
): Promise<ChangePage> {
  const places = await listablePlaces(core, ctx, within);
  const found = await pageOf(core, ctx, { places }, filter, page, (resource) => core.registry.preferred(resource));
  if (core.auditor.enabled) record(core, ctx, found);
  return found;
}

/** What was told is recorded as the lists would be that tell the same. */
function record(core: Core, ctx: RequestContext, { items }: ChangePage): void {
  const told = new Map(
    items.map(({ kind, key: { resource, namespace } }) => [`${resource}/${namespace}`, { kind, namespace }]),
  );
  for (const { kind, namespace } of told.values())
    authorizeRead(core, ctx, attributesOf('list', { kind, namespace, name: '', subresource: '' }));
}

type Where = Pick<ChangeQuery, 'places'>;

async function pageOf(
  core: Core,
  ctx: RequestContext,
  { places }: Where,
  filter: ChangeFilter,
  { first = DEFAULT_FIRST, after }: ChangePageOptions,
  kindOf: (resource: string) => Kind | undefined,
): Promise<ChangePage> {
  if (!Number.isInteger(first) || first < 1 || first > MAX_FIRST)
    throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  if (!places?.length) return { items: [], cursor: undefined };
  const { store } = core;
  const range = await rangeOf(core, filter, after);
  if (!range) return { items: [], cursor: undefined };
  const items: Change[] = [];
  const slice = new Slice();
  let { below } = range;
  for (let looked = 0; ;) {
    const limit = Math.min(first + 1 - items.length, MAX_FIRST);
    const query = { places, above: range.above, below, user: filter.user, limit, confidential: true } as const;
    const entries = await store.changes(query);
    const found = entries.map((entry) => ({ entry, change: changeOf(core, entry, kindOf(entry.resource)) }));
    const isFailed = filter.matches && (await failedOf(ctx, found));
    for (const { entry, change } of found) {
      if (items.length === first) return { items, cursor: cursorOf(items.at(-1)!.revision) };
      below = entry.revision;
      if (change && !isFailed?.has(change) && wanted(change, entry, filter)) items.push(change);
      if (slice.over) await slice.next();
    }
    looked += entries.length;
    if (entries.length < limit) return { items, cursor: undefined };
    if (looked >= MAX_LOOKED) return { items, cursor: cursorOf(below) };
  }
}

/** Changes that a filter cannot look at, as a webhook has not converted them: the caller is warned. */
async function failedOf(ctx: RequestContext, found: readonly { change: Change | undefined }[]): Promise<Set<Change>> {
  const failed = new Set<Change>();
  const each = found.map(async ({ change }) => {
    try {
      await change?.ready();
    } catch (error) {
      if (!change || !(error instanceof ConversionFailed)) throw error;
      failed.add(change);
      ctx.warn(error.message);
    }
  });
  await Promise.all(each);
  return failed;
}

/** Undefined: the kind is no longer served. */
export const changeOf = (
  { store, conversions }: Core,
  entry: HistoryEntry,
  kind: Kind | undefined,
): ToldChange | undefined => kind && new ToldChange(entry, kind, store.isConfidential(entry.resource), conversions);

function wanted(change: Change, entry: HistoryEntry, { verbs, changeSet, matches }: ChangeFilter): boolean {
  if (verbs && !verbs.includes(change.verb)) return false;
  if (changeSet !== undefined && changeSet !== entry.changeSet) return false;
  if (!matches) return true;
  const object = change.after ?? change.before;
  return object !== undefined && matches(object, change.kind);
}

/** Revisions between which to look; undefined: there are none. Throws 400. */
async function rangeOf(
  { store }: Core,
  { since, until }: ChangeFilter,
  after: string | undefined,
): Promise<{ above: number; below: number } | undefined> {
  // what was committed anywhere before the question is in the answer
  await store.fresh();
  let below = after === undefined ? Number.MAX_SAFE_INTEGER : revisionOf(after);
  if (until !== undefined) {
    const last = await store.revisionAt(until);
    if (last === undefined) return undefined;
    below = Math.min(below, last + 1);
  }
  const above = since === undefined ? 0 : ((await store.revisionAt(since - 1)) ?? 0);
  return above + 1 < below ? { above, below } : undefined;
}

const cursorOf = (revision: number): string => Buffer.from(`r${revision}`).toString('base64url');
function revisionOf(cursor: string): number {
  const [, revision] = /^r(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (revision === undefined) throw badRequest('after: not a cursor of this query');
  return Number(revision);
}
