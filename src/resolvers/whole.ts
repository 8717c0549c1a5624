import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../meta/gvk.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Stored, StoredObject } from '../store/contract.ts';

/** Keyed by the parsed object, not by what holds it: an entry goes when the store lets go of the parse. */
const made = new WeakMap<Kind, WeakMap<StoredObject, KubeObject>>();

/** A stored object as `kind`'s version has it, with kind and apiVersion. Shared: must not be changed. */
export function wholeObject(kind: Kind, stored: Stored): KubeObject {
  let ofKind = made.get(kind);
  if (!ofKind) made.set(kind, (ofKind = new WeakMap()));
  const parsed = stored.object;
  let whole = ofKind.get(parsed);
  if (!whole) {
    const { storage } = kind;
    const inStorage: KubeObject = { apiVersion: apiVersionOf(storage), kind: storage.kind, ...parsed };
    whole = kind.convert ? kind.convert.fromStorage(inStorage) : inStorage;
    whole.apiVersion = apiVersionOf(kind);
    whole.kind = kind.kind;
    ofKind.set(parsed, whole);
  }
  return whole;
}
