import type { KubeObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import type { DeleteOptions } from '../contract.ts';
import type { StorageKind } from '../../kinds/kind.ts';
import { finalizersForPropagation } from './finalizers.ts';
import { planDeletion, type Deletion } from './marks.ts';

/** Held until the objects of a definition are gone. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

type Plan = (storage: StorageKind, object: KubeObject, options: DeleteOptions, now: number) => Deletion;

/** A namespace goes when what is in it is gone: its spec's finalizers, taken away by the namespace controller, say so. */
const namespace: Plan = (storage, object, options, now) => {
  if (!object.metadata.deletionTimestamp) {
    object.metadata.deletionTimestamp = formatTime(now);
    object['status'] = { ...object['status'], phase: 'Terminating' };
    const finalizers = finalizersForPropagation(storage, object, options);
    if (finalizers) object.metadata.finalizers = finalizers;
    return { do: 'mark', object, thenRemove: false };
  }
  if (object['spec']?.finalizers?.length) return { do: 'pending' };
  return planDeletion(storage, object, options, now);
};

/** A definition goes when its objects are gone: its finalizer is taken away after them. */
const definition: Plan = (storage, object, options, now) => {
  if (object.metadata.deletionTimestamp) return planDeletion(storage, object, options, now);
  const lastTransitionTime = formatTime(now);
  object.metadata.deletionTimestamp = lastTransitionTime;
  const finalizers = finalizersForPropagation(storage, object, options) ?? object.metadata.finalizers ?? [];
  object.metadata.finalizers = [...finalizers.filter((f) => f !== CLEANUP), CLEANUP];
  const status = object['status'] ?? {};
  const terminating = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const others = ((status.conditions ?? []) as { type: string }[]).filter((c) => c.type !== 'Terminating');
  object['status'] = { ...status, conditions: [...others, terminating] };
  return { do: 'mark', object, thenRemove: false };
};

const special: Readonly<Record<string, Plan>> = {
  namespaces: namespace,
  'customresourcedefinitions.apiextensions.k8s.io': definition,
};

/** How an object of this kind is deleted. */
export const planOf = (storage: StorageKind): Plan => special[storage.key] ?? planDeletion;

const WARNINGS: Readonly<Record<string, string>> = {
  'jobs.batch':
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
};

/** Advice to who deletes without saying what becomes of the dependents. */
export function warnOfDeletion(ctx: { warn(text: string): void }, storage: StorageKind, options: DeleteOptions): void {
  const warning = WARNINGS[storage.key];
  if (warning && options.propagationPolicy === undefined && options.orphanDependents === undefined) ctx.warn(warning);
}
