import type { ManagedFieldsEntry } from '../../../meta/object.ts';
import { isEmptySet, parseFields, sameSet, sortedSet, union, type FieldSet } from './fieldset.ts';

/** One manager and what it owns: an entry of metadata.managedFields. */
export interface Owner {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  /** RFC 3339, whole seconds; '' when it was never set */
  time: string;
  set: FieldSet;
  /** the entry of our own making that this was read from, as long as it says the same */
  entry?: ManagedFieldsEntry;
}

export type Owners = Map<string, Owner>;

/** An applier stays the same one whatever version it applies with; an updater is another in each version. */
export const ownerId = ({
  manager,
  operation,
  apiVersion,
  subresource,
}: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string =>
  `${manager}\0${operation}\0${operation === 'Apply' ? '' : apiVersion}\0${subresource}`;

/** What a client sends to have all entries removed: `[]` or `[{}]`. */
export const isReset = (entries: unknown): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 ||
    (entries.length === 1 &&
      typeof entries[0] === 'object' &&
      entries[0] !== null &&
      Object.keys(entries[0] as object).length === 0));

/** Entries read earlier by this process, so that what we wrote ourselves is not checked again. */
const read = new WeakMap<object, Owner>();

function readEntry(entry: ManagedFieldsEntry): Owner | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const earlier = read.get(entry);
  if (earlier) return { ...earlier };
  const { manager = '', operation, apiVersion = '', subresource = '', time = '', fieldsType, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (fieldsType !== 'FieldsV1' || !apiVersion) return undefined;
  const set = fieldsV1 === undefined || fieldsV1 === null ? {} : parseFields(fieldsV1);
  if (!set || set['.'] !== undefined) return undefined;
  return { manager, operation, apiVersion, subresource, time: time ?? '', set };
}

/** The owners of an object; undefined when an entry cannot be read. */
export function readOwners(entries: readonly ManagedFieldsEntry[] | undefined | null): Owners | undefined {
  const owners: Owners = new Map();
  if (!Array.isArray(entries)) return entries ? undefined : owners;
  for (const entry of entries as readonly ManagedFieldsEntry[]) {
    const owner = readEntry(entry);
    if (!owner) return undefined;
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

const says = (entry: ManagedFieldsEntry, owner: Owner): boolean =>
  (entry.time ?? '') === owner.time &&
  entry.apiVersion === owner.apiVersion &&
  (entry.fieldsV1 === owner.set || sameSet(entry.fieldsV1 ?? {}, owner.set));

/** metadata.managedFields in the order of Kubernetes: by operation, time and manager. Empty owners are left out. */
export function writeOwners(owners: Owners): ManagedFieldsEntry[] {
  const list = [...owners.values()].filter((owner) => !isEmptySet(owner.set));
  if (list.length > 1) {
    list.sort(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time, b.time) ||
        order(a.manager, b.manager) ||
        order(a.apiVersion, b.apiVersion) ||
        order(a.subresource, b.subresource),
    );
  }
  return list.map((owner) => {
    if (owner.entry && says(owner.entry, owner)) return owner.entry;
    const set = sortedSet(owner.set);
    const { manager, operation, apiVersion, subresource, time } = owner;
    const entry = entryOf(owner, set);
    read.set(entry, { manager, operation, apiVersion, subresource, time, set, entry });
    return entry;
  });
}

/** The entry of one owner. `set`: its set, in the order in which it is written. */
export function entryOf(
  { manager, operation, apiVersion, subresource, time }: Owner,
  set: FieldSet,
): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = time
    ? { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: set }
    : { manager, operation, apiVersion, fieldsType: 'FieldsV1', fieldsV1: set };
  if (subresource) entry.subresource = subresource;
  return entry;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** So many updaters are kept apart; older ones become one per version. Source: capmanagers in kube-apiserver. */
const MAX_UPDATERS = 10;

export function capUpdaters(owners: Owners): void {
  if (owners.size <= MAX_UPDATERS) return;
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATERS) return;
  updaters.sort(([a, x], [b, y]) => order(x.time, y.time) || order(a, b));
  const first = new Map<string, string>();
  for (const [id, owner] of updaters) {
    if (count <= MAX_UPDATERS) break;
    const earlier = first.get(owner.apiVersion);
    if (earlier === undefined) {
      first.set(owner.apiVersion, id);
      continue;
    }
    const bucket: Owner = {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: owner.apiVersion,
      subresource: '',
      time: owner.time,
      set: owner.set,
    };
    const bucketId = ownerId(bucket);
    const merged = owners.get(bucketId) ?? owners.get(earlier);
    if (!owners.has(bucketId)) owners.delete(earlier);
    if (merged) bucket.set = union(merged.set, owner.set);
    owners.delete(id);
    owners.set(bucketId, bucket);
    count--;
  }
}
