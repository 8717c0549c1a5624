import { objectOf } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { applyDiff } from '../../meta/diff-apply.ts';
import { diffObjects, type FieldChange } from '../../meta/diff.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../../meta/object.ts';
import type { HistoryEntry, Stored } from '../../store/contract.ts';
import type { BundleStep, Target, Undoing } from '../contract.ts';
import type { Core } from '../core.ts';
import { hasWebhook } from '../conversion/stored-version.ts';
import { convertedEntry, isUnreadable } from './change.ts';
import type { UndoRefusal } from './contract.ts';
import { isOfCluster } from './of-cluster.ts';
import { overlaps } from './overlaps.ts';

interface Plan {
  step?: Undoing;
  refusals: readonly UndoRefusal[];
}

/**
 * What takes back the entries of one object, newest first. Each is undone on what undoing the newer ones has left, so
 * that what others wrote between and after them stays, or stands in the way. Throws 500 where a webhook does not convert them.
 */
export async function undoPlan(core: Core, told: readonly HistoryEntry[]): Promise<Plan> {
  const [newest] = told;
  const kind = newest && core.registry.preferred(newest.resource);
  if (!newest || !kind) return { refusals: [] };
  const { resource, namespace, name } = newest;
  const key = { resource, namespace, name };
  const { conversions } = core;
  const inStore = core.store.get(key);
  const isConverted = hasWebhook(kind);
  const entries = isConverted ? await Promise.all(told.map((one) => convertedEntry(conversions, kind, one))) : told;
  const current = inStore && isConverted ? (await conversions.converted(kind, [inStore]))[0] : inStore;
  const now = current && writable(kind, current);
  let state = now;
  /** of the state: a deleted object that is created again has none */
  let uid = current?.uid;
  for (const entry of entries) {
    const undone = await undoOne({ core, kind, entries }, entry, state, uid);
    if ('reason' in undone) return { refusals: [{ key, revision: entry.revision, paths: [], ...undone }] };
    if (undone.state && undone.state !== state && uid === undefined) uid = undone.uid;
    state = undone.state;
    if (!state) uid = undefined;
  }
  const step = stepOf({ kind, namespace, name, subresource: '' }, current, now, state);
  return { refusals: [], ...(step && { step: { key, kind, step } }) };
}

type Undone = { state: KubeObject | undefined; uid?: string } | { reason: string; paths?: readonly string[] };

/** The object that is looked at, and all its entries. */
interface Subject {
  core: Core;
  kind: Kind;
  entries: readonly HistoryEntry[];
}

async function undoOne(subject: Subject, entry: HistoryEntry, state?: KubeObject, uid?: string): Promise<Undone> {
  const { core, kind } = subject;
  const { type, before, stored: after, by } = entry;
  // what others say of how it is
  if (by.verb === 'status') return { state, ...(uid !== undefined && { uid }) };
  const kept = (type === 'ADDED' || before) && (type === 'DELETED' || after);
  if (!kept || isUnreadable(before) || isUnreadable(after)) return { reason: 'what it was is kept no longer' };
  if (type === 'ADDED') return after && state ? undoCreation(subject, after, state, uid) : { state };
  if (!before) return { state };
  if (type === 'DELETED') return undoDeletion(core, kind, before, state);
  return after ? undoUpdate(core, kind, before, after, state, uid) : { state };
}

async function undoCreation(subject: Subject, created: Stored, state: KubeObject, uid?: string): Promise<Undone> {
  if (uid !== created.uid) return { reason: 'it has been created again since' };
  const { core, kind, entries } = subject;
  const { resource, namespace, name, revision: above } = created;
  const later = await core.store.changes({ places: [{ resource, namespace, name }], above, limit: MAX_LATER });
  const own = new Set(entries.map(({ revision }) => revision));
  // what controllers fill in goes with it
  const others = later.filter(({ by, revision }) => !own.has(revision) && by.verb !== 'status' && !isOfCluster(by));
  if (!others.length && later.length < MAX_LATER) return { state: undefined };
  const paths = diffObjects(writable(kind, created), state, kind.schema).map(({ path }) => path);
  return { reason: 'it has been written since', paths: core.store.isConfidential(resource) ? [] : paths };
}

/** Later writes of a created object that are looked at. */
const MAX_LATER = 500;

function undoDeletion(core: Core, kind: Kind, deleted: Stored, state: KubeObject | undefined): Undone {
  if (state) return { reason: 'it has been created again since' };
  const object = writable(kind, deleted);
  const gone = goneOwner(core, object);
  if (gone) return { reason: `its owner ${gone.kind} ${gone.name} is gone` };
  return { state: object, uid: deleted.uid };
}

function undoUpdate(
  core: Core,
  kind: Kind,
  before: Stored,
  after: Stored,
  state: KubeObject | undefined,
  uid: string | undefined,
): Undone {
  const marked = after.object.metadata.deletionTimestamp && !before.object.metadata.deletionTimestamp;
  if (!state || uid !== after.uid) {
    // the mark was a deletion, and what followed has ended it
    if (marked) return undoDeletion(core, kind, before, state);
    return { reason: state ? 'it has been deleted and created again since' : 'it has been deleted since' };
  }
  if (marked) return { reason: 'it is being deleted, which cannot be stopped' };
  const [from, to] = [writable(kind, after), writable(kind, before)];
  const own = diffObjects(from, to, kind.schema);
  const paths = overlaps(own, diffObjects(from, state, kind.schema));
  if (paths.length)
    return {
      reason: 'the same fields have been written since',
      paths: core.store.isConfidential(after.resource) ? paths.filter((path) => !path.includes('=')) : paths,
    };
  return { state: applied(state, own), uid };
}

const applied = (state: KubeObject, changes: readonly FieldChange[]): KubeObject =>
  changes.length ? (applyDiff(state, changes) as KubeObject) : state;

/** The owners that a new object would name; the collector would take an object of one that is not there. */
const goneOwner = ({ store }: Core, { metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ uid }) => !store.byUid(uid));

/** Undefined where nothing is left to do. */
function stepOf(
  target: Target,
  current: Stored | undefined,
  now: KubeObject | undefined,
  state: KubeObject | undefined,
): BundleStep | undefined {
  if (!current || !now)
    return state && { verb: 'create', target: { ...target, name: '' }, body: { object: whole(target, state) } };
  const resourceVersion = String(current.revision);
  if (!state) return { verb: 'delete', target, options: { preconditions: { uid: current.uid, resourceVersion } } };
  if (state === now) return undefined;
  const object = whole(target, state);
  const { status } = current.object;
  const metadata: ObjectMeta = { ...object.metadata, uid: current.uid, resourceVersion };
  return {
    verb: 'update',
    target,
    body: { object: { ...object, metadata, ...(status !== undefined && { status }) } },
  };
}

const whole = ({ kind, name, namespace }: Target, state: KubeObject): KubeObject => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  ...state,
  metadata: { ...state.metadata, name, ...(namespace && { namespace }) },
});

/**
 * What of an object somebody writes: without status and what the server says of it. Maps that are not there are empty, so
 * that what two have put into one is told apart.
 */
function writable(kind: Kind, stored: Stored): KubeObject {
  const { metadata, status: _, ...rest } = objectOf(kind, stored);
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = metadata;
  const object: KubeObject = { ...rest, metadata: { labels, annotations, finalizers, ownerReferences } as ObjectMeta };
  // of a custom kind an empty map is not the same as none
  if (!kind.custom) for (const [name, { schema }] of kind.schema.fields) if (schema.type === 'map') object[name] ??= {};
  return object;
}
