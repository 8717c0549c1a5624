import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject, OwnerReference } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { isStatusError } from '../../meta/status.ts';
import { wholeObject } from '../whole.ts';
import { byPlace } from '../../store/by-place.ts';
import type { From, OfKind } from './from.ts';
import type { KeysOf } from './reading.ts';
import { isOfKind } from './references.ts';
import { whenReady, type Soon } from './soon.ts';

/** Levels of owners or of what is owned that one question may ask for. */
export const MAX_DEPTH = 10;

/** What a reference names, if it is there and can be an owner: one of another namespace cannot. Throws 403. */
export function ownerBy(reference: OwnerReference, owner: Kind, from: From): Soon<OfKind | undefined> {
  const { kind, object, snapshot } = from;
  // what has no namespace cannot be owned from within one
  if (!isOfKind(reference, owner) || (owner.namespaced && !kind.namespaced)) return undefined;
  const namespace = owner.namespaced ? (object.metadata.namespace ?? '') : '';
  return whenReady(snapshot.get(owner, namespace, reference.name), (stored) =>
    stored && reference.uid === stored.uid ? { kind: owner, stored } : undefined,
  );
}

/** Whether an object of the store names another as its owner, and can. */
function isOwnedBy(stored: Stored, { kind, object: { metadata } }: From): boolean {
  if (kind.namespaced && stored.namespace !== metadata.namespace) return false;
  const { ownerReferences = [] } = stored.object.metadata;
  return ownerReferences.some(
    (reference) => reference.uid === metadata.uid && reference.name === metadata.name && isOfKind(reference, kind),
  );
}

const NONE: readonly string[] = [];
/** Keys of an object in the index `owner`. */
export const ownersOf: KeysOf = ({ owners }) => owners ?? NONE;

/** What of one kind an object owns, for whom it has been authorised. */
export function ownedOf(from: From, kind: Kind): Soon<readonly Stored[]> {
  const { snapshot, object } = from;
  const { uid, namespace = '' } = object.metadata;
  const mine = (items: readonly Stored[]): Soon<readonly Stored[]> =>
    whenReady(
      snapshot.having(items, (stored) => stored.resource === kind.storage.key && isOwnedBy(stored, from)),
      (own) => own.toSorted(byPlace),
    );
  const indexed = snapshot.owned(uid, kind);
  if (indexed) return mine(indexed);
  const within = from.kind.namespaced ? namespace : '';
  return whenReady(snapshot.find(kind, within, 'owner', ownersOf, [uid]), mine);
}

/** What an object owns, of one resource or all: that of each kind that the caller may list there, the rest is left out. */
export async function owned(from: From, resource: string | undefined): Promise<readonly OfKind[]> {
  const { snapshot, object, registry } = from;
  const { uid, namespace = '' } = object.metadata;
  const wanted = (key: string): Kind | undefined =>
    resource === undefined || key === resource ? registry.preferred(key) : undefined;
  const indexed = snapshot.owned(uid);
  const found: OfKind[] = [];
  if (indexed) {
    await snapshot.each(indexed, (stored) => {
      const kind = wanted(stored.resource);
      if (kind && snapshot.mayList(kind, stored.namespace) && isOwnedBy(stored, from)) found.push({ kind, stored });
    });
    return found.sort(byResource);
  }
  const within = from.kind.namespaced ? namespace : '';
  for (const kind of new Set(registry.all().map(({ storage }) => wanted(storage.key)))) {
    await snapshot.step();
    if (!kind?.storage.persisted || (within && !kind.namespaced) || !snapshot.mayList(kind, within)) continue;
    for (const stored of await ownedOf(from, kind)) found.push({ kind, stored });
  }
  return found.sort(byResource);
}

const byResource = (a: OfKind, b: OfKind): number =>
  a.stored.resource < b.stored.resource
    ? -1
    : Number(a.stored.resource > b.stored.resource) || byPlace(a.stored, b.stored);

/** The same down to a depth, nearest first, each once. */
export async function ownedDown(from: From, depth: number, resource: string | undefined): Promise<readonly OfKind[]> {
  if (depth === 1) return owned(from, resource);
  const seen = new Set([from.object.metadata.uid]);
  const found: OfKind[] = [];
  let level: readonly From[] = [from];
  for (let at = 1; at <= depth && level.length; at++) {
    const next: From[] = [];
    for (const each of level) {
      await from.snapshot.step();
      for (const one of await owned(each, undefined)) {
        if (seen.has(one.stored.uid)) continue;
        seen.add(one.stored.uid);
        if (resource === undefined || one.stored.resource === resource) found.push(one);
        // its metadata is asked for, which is the same in all versions
        next.push({ ...from, kind: one.kind, object: one.stored.object });
      }
    }
    level = next;
  }
  return found;
}

/**
 * The owners of an object up to a height, nearest first, each once; one that cannot be read is an error in its place.
 * @param readable those that the caller may not read are left out instead
 */
export async function ownersUp(from: From, depth: number, readable: boolean): Promise<(KubeObject | null | Error)[]> {
  const found: (KubeObject | null | Error)[] = [];
  const seen = new Set([from.object.metadata.uid]);
  let level: readonly From[] = [from];
  for (let at = 1; at <= depth && level.length; at++) {
    const next: From[] = [];
    for (const each of level) {
      for (const reference of each.object.metadata.ownerReferences ?? []) {
        if (seen.has(reference.uid)) continue;
        seen.add(reference.uid);
        await from.snapshot.step();
        const owner = await readOwner(reference, each);
        if (readable && isStatusError(owner, 'Forbidden')) continue;
        const object = owner && !(owner instanceof Error) ? wholeObject(owner.kind, owner.stored) : null;
        found.push(owner instanceof Error ? owner : object);
        if (object && owner && !(owner instanceof Error)) next.push({ ...from, kind: owner.kind, object });
      }
    }
    level = next;
  }
  return found;
}

async function readOwner(reference: OwnerReference, from: From): Promise<OfKind | undefined | Error> {
  const kind = from.registry.all().find((one) => isOfKind(reference, one));
  const preferred = kind && from.registry.preferred(kind.storage.key);
  try {
    return preferred && (await ownerBy(reference, preferred, from));
  } catch (error) {
    return error as Error;
  }
}
