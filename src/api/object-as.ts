import type { Resources } from '../../schema/types.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Stored } from '../store/contract.ts';

/** An object of a built-in resource, by its type and by index. */
export type ObjectOf<R extends keyof Resources> = KubeObject & Resources[R];

/**
 * The object of a built-in resource by its type. What is stored has been validated, and the store gives it in the
 * version that the type is of; it is shared with the store: must not be changed. Throws Error for one of another
 * resource, which is a mistake of the caller.
 */
export function objectAs<R extends keyof Resources>(resource: R, stored: Stored): ObjectOf<R> {
  check(resource, stored);
  return stored.object as ObjectOf<R>;
}

/** The same, as a copy that the caller may change. */
export function copyAs<R extends keyof Resources>(resource: R, stored: Stored): ObjectOf<R> {
  check(resource, stored);
  return stored.copy() as ObjectOf<R>;
}

function check(resource: string, stored: Stored): void {
  if (stored.resource !== resource) throw new Error(`an object of ${stored.resource} is none of ${resource}`);
}
