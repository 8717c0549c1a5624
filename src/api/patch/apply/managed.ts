import type { KubeObject, ManagedFieldsEntry } from '../../../meta/object.ts';
import { atOnce, type Steps } from '../../../meta/steps.ts';
import { sameJson } from '../equal.ts';
import { emptyObject } from './empty.ts';
import { difference, EMPTY, isEmptySet, recursiveDifference, sortedSet, union, type FieldSet } from './fieldset.ts';
import { capUpdaters, isReset, ownerId, readOwners, writeOwners, type Owner, type Owners } from './managers.ts';
import { versionedComparison, type Ownership } from './versions.ts';

export interface UpdateRequest extends Ownership {
  /** the object as it is stored, in the version of the request; undefined for a create */
  live: KubeObject | undefined;
  /** the object to store, decoded and defaulted, before mutating admission; managedFields as the client sent them */
  object: KubeObject;
  manager: string;
  /** '' for the object itself */
  subresource?: string;
  /** RFC 3339, whole seconds */
  now: string;
}

const NOBODY = Object.freeze({});
/** Fields that no one owns: the system's, and which object it is. Source: stripMetaManager in kube-apiserver. */
const UNOWNED: FieldSet = {
  'f:apiVersion': NOBODY,
  'f:kind': NOBODY,
  'f:metadata': {
    '.': NOBODY,
    'f:name': NOBODY,
    'f:namespace': NOBODY,
    'f:creationTimestamp': NOBODY,
    'f:selfLink': NOBODY,
    'f:uid': NOBODY,
    'f:clusterName': NOBODY,
    'f:generation': NOBODY,
    'f:managedFields': NOBODY,
    'f:resourceVersion': NOBODY,
  },
};

/** The set without what nobody owns and what the endpoint ignores. */
export const ownable = (set: FieldSet, ignored: FieldSet | undefined): FieldSet =>
  difference(ignored ? recursiveDifference(set, ignored) : set, UNOWNED);

/**
 * Brings `object.metadata.managedFields` up to date for a create, an update or a patch that is no apply: the manager
 * owns what it added or changed, others lose that and all that is gone. Changes `object` and returns it.
 * Entries that did not change stay the same values, so their times stay too.
 *
 * `[]` or `[{}]` in the object resets: no entries. Where the live object has no entries, an update makes none.
 * Source: KEP-555; kube-apiserver's FieldManager.Update.
 */
export function* managedFieldsUpdate(request: UpdateRequest): Steps<KubeObject> {
  const { object, live, manager } = request;
  const owners = ownersOf(request);
  delete object.metadata.managedFields;
  if (owners.size === 0 && live?.metadata.uid) return object;
  yield;
  yield* changeOwners(request, owners, live, object, {
    manager: manager || 'unknown',
    operation: 'Update',
    apiVersion: request.apiVersion,
    subresource: request.subresource ?? '',
    time: request.now,
    set: {},
  });
  capUpdaters(owners);
  yield;
  return setOwners(object, owners);
}

/** The same for what is known to be small. */
export const updateManagedFields = (request: UpdateRequest): KubeObject => atOnce(managedFieldsUpdate(request));

/** What the creator of `object` owns, in the order in which it is written. `object` is as Go would write what was sent. */
export function* createdFields(of: Ownership, object: KubeObject): Steps<FieldSet> {
  const own = versionedComparison(of, emptyObject(of.schema, of.custom ?? false), object)(of.apiVersion);
  yield;
  if (!own) return EMPTY;
  const owned = ownable(own.changed, undefined);
  yield;
  return sortedSet(owned);
}

export function setOwners(object: KubeObject, owners: Owners): KubeObject {
  const entries = writeOwners(owners);
  if (entries.length) object.metadata.managedFields = entries;
  else delete object.metadata.managedFields;
  return object;
}

/** Clients may set entries on the object itself, but not through a subresource, and nonsense counts as none. */
function ownersOf({ live, object, subresource }: UpdateRequest): Owners {
  const sent = object.metadata.managedFields;
  const stored = live?.metadata.managedFields;
  if (!subresource && sent !== stored) {
    if (isReset(sent)) return new Map();
    const owners = readOwners(sent);
    if (owners?.size) return owners;
  }
  return readOwners(stored) ?? new Map();
}

/** Gives `updater` what differs between `live` and `object`, and takes it from the others. */
export function* changeOwners(
  of: Ownership,
  owners: Owners,
  live: KubeObject | undefined,
  object: KubeObject,
  updater: Owner,
): Steps<void> {
  const old = live ?? emptyObject(of.schema, of.custom ?? false);
  const compared = versionedComparison(of, old, object);
  const id = ownerId(updater);
  yield* takeAway(owners, compared, id);
  const own = compared(of.apiVersion);
  if (!own) {
    owners.delete(id);
    return;
  }
  yield;
  const set = ownable(own.changed, undefined);
  // what it takes from itself it gets back: only what is gone has to go
  const before = owners.get(id);
  const kept = before && difference(before.set, own.removed);
  yield;
  if (!isEmptySet(set)) owners.set(id, { ...updater, set: kept ? union(kept, set) : set });
  else if (before && kept !== before.set) {
    if (isEmptySet(kept!)) owners.delete(id);
    else owners.set(id, { ...before, set: kept! });
  }
}

/** Others lose what changed and what is gone, and go when nothing is left. `except`: the id of who keeps its set. */
export function* takeAway(
  owners: Owners,
  compared: ReturnType<typeof versionedComparison>,
  except?: string,
): Steps<void> {
  for (const [id, owner] of owners) {
    if (id === except) continue;
    const difference_ = compared(owner.apiVersion);
    if (!difference_) {
      owners.delete(id); // of a version that is served no more
      continue;
    }
    yield;
    const unchanged = difference(owner.set, difference_.changed);
    yield;
    const set = difference(unchanged, difference_.removed);
    yield;
    if (set === owner.set) continue;
    if (isEmptySet(set)) owners.delete(id);
    else owners.set(id, { ...owner, set });
  }
}

const withoutTimes = (entries: readonly ManagedFieldsEntry[] | undefined): unknown =>
  (entries ?? []).map((entry) => ({ ...entry, time: undefined }));

/**
 * To be called when all else of a write is settled: if `object` differs from `live` in nothing but times of
 * managedFields, it gets those of `live`, and true says that there is nothing to write.
 * Source: kube-apiserver's IgnoreManagedFieldsTimestampsTransformer.
 */
export function keepTimes(live: KubeObject, object: KubeObject): boolean {
  // most writes change something, and most of them not metadata
  for (const key in object) if (key !== 'metadata' && !sameJson(live[key], object[key])) return false;
  const { managedFields: oldEntries, ...oldMeta } = live.metadata;
  const { managedFields: entries, ...meta } = object.metadata;
  if (!sameJson({ ...live, metadata: oldMeta }, { ...object, metadata: meta })) return false;
  if (!sameJson(withoutTimes(oldEntries), withoutTimes(entries))) return false;
  if (oldEntries) object.metadata.managedFields = oldEntries;
  return true;
}
