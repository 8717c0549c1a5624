import type { KubeObject } from '../../../meta/object.ts';
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
export function prune(
  of: Ownership,
  merged: KubeObject,
  owners: Owners,
  applier: Owner,
  last: Owner | undefined,
): KubeObject {
  if (!last || isEmptySet(last.set)) return merged;
  const there = inVersion(of, merged, last.apiVersion);
  if (!there) return merged;
  const { schema } = there;
  const lastSet = namedFieldsAsMembers(schema, last.set);
  if (last.apiVersion === applier.apiVersion) {
    const applied = namedFieldsAsMembers(schema, applier.set);
    if (isEmptySet(difference(lastSet, applied))) return merged;
  }
  const remove = (object: KubeObject, set: FieldSet, type: ObjectSchema): KubeObject =>
    (removeItems(type, object, set, untypedOf(of)) ?? {}) as KubeObject;
  let pruned = addBackOwned(of, there.object, remove(there.object, lastSet, schema), owners, last.apiVersion, remove);
  const kept = allFields(of, schema, pruned);
  const whole = allFields(of, schema, there.object);
  pruned = remove(there.object, intersection(difference(whole, kept), lastSet), schema);
  if (last.apiVersion === of.apiVersion || !of.convert) return pruned;
  return of.convert(pruned, of.apiVersion)?.object ?? merged;
}

const allFields = (of: Ownership, schema: ObjectSchema, object: KubeObject): FieldSet =>
  namedFieldsAsMembers(schema, fieldsOf(schema, object, untypedOf(of)));

function addBackOwned(
  of: Ownership,
  merged: KubeObject,
  pruned: KubeObject,
  owners: Owners,
  version: string,
  remove: (object: KubeObject, set: FieldSet, type: ObjectSchema) => KubeObject,
): KubeObject {
  const owned = new Map<string, FieldSet>([[version, EMPTY]]);
  for (const owner of owners.values())
    owned.set(owner.apiVersion, union(owned.get(owner.apiVersion) ?? EMPTY, owner.set));
  let result = pruned;
  for (const [apiVersion, set] of owned) {
    const whole = inVersion(of, merged, apiVersion);
    const rest = inVersion(of, result, apiVersion);
    if (!whole || !rest) continue;
    const kept = union(allFields(of, rest.schema, rest.object), namedFieldsAsMembers(whole.schema, set));
    const without = remove(whole.object, difference(allFields(of, whole.schema, whole.object), kept), whole.schema);
    result = apiVersion === version || !of.convert ? without : (of.convert(without, version)?.object ?? result);
  }
  return result;
}
