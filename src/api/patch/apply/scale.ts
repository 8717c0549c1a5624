import type { ManagedFieldsEntry } from '../../../meta/object.ts';
import { difference, hasPath, isEmptySet, setOfPaths } from './fieldset.ts';
import { ownerId, readOwners, writeOwners, type Owner, type Owners } from './managers.ts';

const SCALE_VERSION = 'autoscaling/v1';
const REPLICAS = ['f:spec', 'f:replicas'];

/** Where the replicas of a kind are, per apiVersion that is served, as path elements: `['f:spec', 'f:replicas']`. */
export type ReplicasPaths = Readonly<Record<string, readonly string[]>>;

/** What a Scale shows of its parent's managedFields: only who owns the number of replicas. */
export function managedFieldsOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] {
  const owners: Owners = new Map();
  for (const owner of readOwners(parent)?.values() ?? []) {
    const path = paths[owner.apiVersion];
    if (!path || !hasPath(owner.set, path)) continue;
    const { entry: _, ...rest } = owner;
    const scaled: Owner = { ...rest, apiVersion: SCALE_VERSION, set: setOfPaths([REPLICAS]) };
    owners.set(ownerId(scaled), scaled);
  }
  return writeOwners(owners);
}

const person = (owner: Owner): string => JSON.stringify([owner.manager, owner.operation, owner.subresource]);

/**
 * The parent's managedFields after its Scale was written: who owns the replicas of the Scale owns them in the parent,
 * who no longer does loses them there. New entries have no time, as kube-apiserver leaves it.
 * `apiVersion`: the parent's version of the request.
 */
export function managedFieldsOfScaled(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] {
  const inScale = new Map<string, Owner>();
  for (const owner of readOwners(scale)?.values() ?? [])
    if (hasPath(owner.set, REPLICAS)) inScale.set(person(owner), owner);
  const owners: Owners = new Map();
  for (const [id, owner] of readOwners(parent) ?? []) {
    const path = paths[owner.apiVersion];
    if (!path) continue; // of a version that is served no more
    if (!hasPath(owner.set, path) || inScale.delete(person(owner))) owners.set(id, owner);
    else {
      const set = difference(owner.set, setOfPaths([path]));
      if (!isEmptySet(set)) owners.set(id, { ...owner, set });
    }
  }
  for (const { manager, operation, subresource } of inScale.values()) {
    const owner: Owner = {
      manager,
      operation,
      subresource,
      apiVersion,
      time: '',
      set: setOfPaths([paths[apiVersion] ?? REPLICAS]),
    };
    owners.set(ownerId(owner), owner);
  }
  return writeOwners(owners);
}
