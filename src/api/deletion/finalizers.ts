import type { KubeObject } from '../../meta/object.ts';
import type { StorageKind } from '../../kinds/kind.ts';
import type { DeleteOptions } from '../contract.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

function orphans(storage: StorageKind, object: KubeObject, options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return true;
  if (finalizers.includes(FOREGROUND)) return false;
  return storage.strategy.defaultPropagation === 'orphan';
}

function deletesInForeground(object: KubeObject, options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return object.metadata.finalizers?.includes(FOREGROUND) ?? false;
}

/**
 * The finalizers that the garbage collector needs for the propagation that the delete asks for, with those of others.
 * Undefined: they are as they should be. Source: registry/generic/registry, deletionFinalizersForGarbageCollection.
 */
export function finalizersForPropagation(
  storage: StorageKind,
  object: KubeObject,
  options: DeleteOptions,
): string[] | undefined {
  if (storage.strategy.collected === false) return undefined;
  const old = object.metadata.finalizers ?? [];
  const wanted = old.filter((f) => f !== ORPHAN && f !== FOREGROUND);
  if (orphans(storage, object, options)) wanted.push(ORPHAN);
  if (deletesInForeground(object, options)) wanted.push(FOREGROUND);
  const same = wanted.length === old.length && wanted.every((f) => old.includes(f));
  return same ? undefined : wanted;
}

/** What becomes of the dependents of an object that is deleted. */
export function propagationOf(
  storage: StorageKind,
  object: KubeObject,
  options: DeleteOptions,
): 'Orphan' | 'Foreground' | 'Background' {
  if (storage.strategy.collected === false) return 'Background';
  if (orphans(storage, object, options)) return 'Orphan';
  return deletesInForeground(object, options) ? 'Foreground' : 'Background';
}
