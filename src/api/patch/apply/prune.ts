import type { KubeObject } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { ObjectSchema } from '../../../kinds/schema.ts';
import { fieldsOf } from './compare.ts';
import { difference, EMPTY, intersection, isEmptySet, union, type FieldSet } from './fieldset.ts';
import type { Owner, Owners } from './managers.ts';
import { namedFieldsAsMembers, removeItems } from './remove.ts';
import { inVersion, untypedOf, type Ownership } from './versions.ts';

/**
 * Removes from the merged object what the applier owned before, does not apply any more, and nobody else owns.
 * Fields that nobody owns (defaults) stay unless what holds them goes.
 * Source: structured-merge-diff, merge.Updater.prune.
 */
export function* prune(
  of: Ownership,
  merged: KubeObject,
  owners: Owners,
  applier: Owner,
  last: Owner | undefined,
): Steps<KubeObject> {
  if (!last || isEmptySet(last.set)) return merged;
  // what is applied still, wherever it stands, needs no look at the object
  if (last.apiVersion === applier.apiVersion && isEmptySet(difference(last.set, applier.set))) return merged;
  const there = inVersion(of, merged, last.apiVersion);
  if (!there) return merged;
  const { schema } = there;
  yield;
  const lastSet = namedFieldsAsMembers(schema, last.set);
  if (last.apiVersion === applier.apiVersion) {
    yield;
    const applied = namedFieldsAsMembers(schema, applier.set);
    yield;
    if (isEmptySet(difference(lastSet, applied))) return merged;
  }
  const remove = (object: KubeObject, set: FieldSet, type: ObjectSchema): KubeObject =>
    (removeItems(type, object, set, untypedOf(of)) ?? {}) as KubeObject;
  yield;
  const without = remove(there.object, lastSet, schema);
  yield;
  let pruned = yield* addBackOwned(of, there.object, without, owners, last.apiVersion, remove);
  const kept = yield* allFields(of, schema, pruned);
  yield;
  const whole = yield* allFields(of, schema, there.object);
  yield;
  const gone = difference(whole, kept);
  yield;
  const unowned = intersection(gone, lastSet);
  yield;
  pruned = remove(there.object, unowned, schema);
  if (last.apiVersion === of.apiVersion || !of.convert) return pruned;
  return of.convert(pruned, of.apiVersion)?.object ?? merged;
}

function* allFields(of: Ownership, schema: ObjectSchema, object: KubeObject): Steps<FieldSet> {
  const fields = fieldsOf(schema, object, untypedOf(of));
  yield;
  return namedFieldsAsMembers(schema, fields);
}

function* addBackOwned(
  of: Ownership,
  merged: KubeObject,
  pruned: KubeObject,
  owners: Owners,
  version: string,
  remove: (object: KubeObject, set: FieldSet, type: ObjectSchema) => KubeObject,
): Steps<KubeObject> {
  const owned = new Map<string, FieldSet>([[version, EMPTY]]);
  for (const owner of owners.values()) {
    owned.set(owner.apiVersion, union(owned.get(owner.apiVersion) ?? EMPTY, owner.set));
    yield;
  }
  let result = pruned;
  for (const [apiVersion, set] of owned) {
    const whole = inVersion(of, merged, apiVersion);
    const rest = inVersion(of, result, apiVersion);
    if (!whole || !rest) continue;
    const left = yield* allFields(of, rest.schema, rest.object);
    yield;
    const named = namedFieldsAsMembers(whole.schema, set);
    yield;
    const kept = union(left, named);
    yield;
    const all = yield* allFields(of, whole.schema, whole.object);
    yield;
    const gone = difference(all, kept);
    yield;
    const without = remove(whole.object, gone, whole.schema);
    yield;
    result = apiVersion === version || !of.convert ? without : (of.convert(without, version)?.object ?? result);
  }
  return result;
}
