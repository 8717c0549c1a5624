import type { KubeObject } from '../../../meta/object.ts';
import type { ObjectSchema } from '../../../kinds/schema.ts';
import { compare, type Comparison, type Untyped } from './compare.ts';
import { recursiveDifference, type FieldSet } from './fieldset.ts';

/** An object in another version of its group with that version's schema; undefined where there is no such version. */
export type ConvertTo = (
  object: KubeObject,
  apiVersion: string,
) => { object: KubeObject; schema: ObjectSchema } | undefined;

/** What the ownership rules need to know of the kind that is written. */
export interface Ownership {
  /** of the version of the request */
  schema: ObjectSchema;
  /** custom resources: untyped parts are trees of fields, and nothing is there before a create */
  custom?: boolean;
  apiVersion: string;
  /** Needed where a resource has several versions; entries of other versions are otherwise read with `schema`. */
  convert?: ConvertTo;
  /** whether there is such a version */
  serves?(apiVersion: string): boolean;
  /** Fields that the endpoint does not let through, with all below: `{"f:status":{}}` for a resource with status. */
  ignored?: FieldSet;
}

export const untypedOf = (of: Pick<Ownership, 'custom'>): Untyped => (of.custom ? 'deduced' : 'atomic');

export interface Versioned {
  object: KubeObject;
  schema: ObjectSchema;
}

/** The object in a version that an owner used. */
export function inVersion(of: Ownership, object: KubeObject, apiVersion: string): Versioned | undefined {
  const is = object.apiVersion || of.apiVersion;
  if (!of.convert || (is === of.apiVersion && apiVersion === is)) return { object, schema: of.schema };
  return of.convert(object.apiVersion === is ? object : { ...object, apiVersion: is }, apiVersion);
}

/** Compares two states in any version, each comparison made once, without what is ignored. */
export function versionedComparison(
  of: Ownership,
  old: KubeObject,
  object: KubeObject,
): (apiVersion: string) => Comparison | undefined {
  const done = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    if (!done.has(apiVersion)) {
      const before = inVersion(of, old, apiVersion);
      const after = inVersion(of, object, apiVersion);
      let comparison: Comparison | undefined;
      if (before && after) {
        comparison = compare(after.schema, before.object, after.object, untypedOf(of));
        if (of.ignored) {
          comparison = {
            changed: recursiveDifference(comparison.changed, of.ignored),
            removed: recursiveDifference(comparison.removed, of.ignored),
          };
        }
      }
      done.set(apiVersion, comparison);
    }
    return done.get(apiVersion);
  };
}
