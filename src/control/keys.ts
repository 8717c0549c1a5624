import type { ObjectLike, OwnerReference } from '../meta/object.ts';
import type { Key } from './contract.ts';

/** `namespace/name`, or `name` in cluster scope. */
export const keyOf = (object: ObjectLike): Key => keyFor(object.metadata.namespace, object.metadata.name);

export const keyFor = (namespace: string | undefined, name: string): Key => (namespace ? `${namespace}/${name}` : name);

export function splitKey(key: Key): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The one owner that manages the object. */
export const controllerOf = (object: ObjectLike | undefined): OwnerReference | undefined =>
  object?.metadata.ownerReferences?.find((owner) => owner.controller);

/** The reference that makes `owner` the controller of what carries it. */
export const controllerRef = (owner: ObjectLike, apiVersion: string, kind: string): OwnerReference => ({
  apiVersion,
  kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Index of dependents by their controller's uid; name it `controller`. */
export const byController = (object: ObjectLike): readonly string[] => {
  const owner = controllerOf(object);
  return owner ? [owner.uid] : [];
};

/** Index of objects that nobody controls, by namespace; name it `orphans`. */
export const byOrphanage = (object: ObjectLike): readonly string[] =>
  controllerOf(object) ? [] : [object.metadata.namespace ?? ''];
