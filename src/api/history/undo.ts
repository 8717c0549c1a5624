import { badRequest, notFound, StatusError } from '../../meta/status.ts';
import type { HistoryEntry } from '../../store/contract.ts';
import { isReservation } from '../allocation/records.ts';
import { attributesOf } from '../authorization/attributes.ts';
import { pastOf } from '../authorization/past.ts';
import { bundle } from '../bundle/bundle.ts';
import type { RequestContext, UndoAnswer, Undoing, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { Slice } from '../fairness/turns.ts';
import { withChangeSet } from './change-set.ts';
import type { Undone, UndoRefusal } from './contract.ts';
import { listablePlaces } from './places.ts';
import { undoPlan } from './undo-plan.ts';

/** Revisions that one undo takes back. */
const MAX_ENTRIES = 500;

/**
 * Takes changes back, in one transaction: what was created is deleted, what was deleted is created again (by a new uid),
 * and fields that were changed get the values that they had. Status stays as it is. Refused, with reasons, where others
 * have written the same fields since. Each write is authorised as any other. Throws 404, 400.
 */
export async function undo(core: Core, ctx: RequestContext, what: Undone, options: WriteOptions): Promise<UndoAnswer> {
  const entries = await entriesOf(core, ctx, what);
  const steps: Undoing[] = [];
  const refusals: UndoRefusal[] = [];
  const slice = new Slice();
  for (const one of byKey(entries)) {
    const plan = await undoPlan(core, one);
    refusals.push(...plan.refusals);
    if (plan.step) steps.push(plan.step);
    if (slice.over) await slice.next();
  }
  if (refusals.length || !steps.length) return { refusals, steps, bundle: undefined, changeSet: undefined };
  const manager = options.fieldManager ?? ctx.agent;
  const all = steps.map(({ step }) => step);
  const own = withChangeSet(ctx);
  const done = await bundle(core, own, all, { ...options, fieldManager: manager });
  return { refusals, steps, bundle: done, changeSet: done.revisions && own.changeSet };
}

/** Newest first. A change set that the caller may not get the whole of is as one that is not there. */
async function entriesOf(core: Core, ctx: RequestContext, what: Undone): Promise<HistoryEntry[]> {
  await core.store.fresh();
  const limit = MAX_ENTRIES;
  if (!('changeSet' in what)) {
    const { from, to, user } = what;
    if (!(from >= 1 && to >= from))
      throw badRequest('undo: the revisions must be from 1 on, and the last not before the first');
    const places = await listablePlaces(core, ctx, what);
    const query = { places, above: from - 1, below: to + 1, user, limit, confidential: true } as const;
    return bounded(places.length ? await core.store.changes(query) : []).filter(isOwn);
  }
  const entries = bounded(await core.store.changes({ changeSet: what.changeSet, limit, confidential: true })).filter(
    isOwn,
  );
  const none = notFound({ group: '', resource: 'changesets' }, what.changeSet);
  for (const { resource, namespace, name, revision } of entries) {
    const kind = core.registry.preferred(resource);
    const since =
      kind && (await pastOf(core, ctx.user, attributesOf('get', { kind, namespace, name, subresource: '' })));
    if (!since || revision < since.revision) throw none;
  }
  if (!entries.length) throw none;
  return entries;
}

/** What a Service has reserved goes with it, and comes with it. */
const isOwn = ({ resource, stored, before }: HistoryEntry): boolean =>
  !isReservation({ resource, labels: (stored ?? before)?.labels });

function bounded(entries: HistoryEntry[]): HistoryEntry[] {
  if (entries.length < MAX_ENTRIES) return entries;
  throw new StatusError({
    message: `undo: more than ${MAX_ENTRIES - 1} revisions are too many for one transaction`,
    reason: 'RequestEntityTooLarge',
    code: 413,
  });
}

/** The entries of each object, both in the order of the newest. */
function byKey(entries: readonly HistoryEntry[]): HistoryEntry[][] {
  const objects = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    const key = `${entry.resource}/${entry.namespace}/${entry.name}`;
    const same = objects.get(key);
    if (same) same.push(entry);
    else objects.set(key, [entry]);
  }
  return [...objects.values()];
}
