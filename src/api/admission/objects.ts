import type { Resources } from '../../../schema/types.ts';
import type { KubeObject, Unchecked } from '../../meta/object.ts';
import type { Key, Store, Stored } from '../../store/contract.ts';
import type { Target } from '../contract.ts';
import type { ObjectOf } from '../object-as.ts';
import type { AdmissionRequest } from './plugin.ts';

/** An object of a built-in resource as it comes in: any part of it may be missing. */
export type Incoming<R extends keyof Resources> = KubeObject & Unchecked<Resources[R]>;

/** Whether a write is one of objects of a built-in resource, or of a subresource of theirs. */
export const isWriteOf = ({ kind, subresource }: Target, resource: keyof Resources, part = ''): boolean =>
  kind.storage.key === resource && subresource === part;

/** What would be written, decoded and defaulted and not yet validated: what `admit` sees, and may change. */
export const incoming = <R extends keyof Resources>(request: AdmissionRequest, resource: R): Incoming<R> =>
  checked<R, Incoming<R>>(request, resource, request.object);

/** What would be written, validated: what `validate` sees. */
export const validated = <R extends keyof Resources>(request: AdmissionRequest, resource: R): ObjectOf<R> =>
  checked(request, resource, request.object);

/** What is there; shared with the store: must not be changed. */
export const previous = <R extends keyof Resources>(request: AdmissionRequest, resource: R): ObjectOf<R> =>
  checked(request, resource, request.old);

/** Throws Error where the request is about another resource or has no such object: a mistake of the plugin. */
function checked<R extends keyof Resources, O extends KubeObject = ObjectOf<R>>(
  { target, operation }: AdmissionRequest,
  resource: R,
  object: KubeObject | undefined,
): O {
  const { key } = target.kind.storage;
  if (key !== resource) throw new Error(`a write of ${key} is none of ${resource}`);
  if (!object) throw new Error(`${operation} of ${key} has no such object`);
  return object as O;
}

/**
 * What `use` makes of an object that a write needs: at once where it is known, as a promise would be a turn of the
 * microtasks for every write; otherwise after a look at what other processes have committed, and then perhaps of none.
 */
export function lookUp<T>(store: Store, key: Key, use: (found: Stored | undefined) => T): T | Promise<T> {
  const known = store.get(key);
  return known ? use(known) : store.fresh().then(() => use(store.get(key)));
}
