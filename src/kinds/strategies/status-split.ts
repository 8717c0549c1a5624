import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import type { Strategy, SubresourceStrategy } from '../kind.ts';

/** `old`'s value of a field in place of `object`'s. */
function take(object: object, old: object, field: string): void {
  const [to, from] = [object as Record<string, unknown>, old as Record<string, unknown>];
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** A write to `/status` changes status, and metadata but for what only the resource itself may change. */
export const statusSubresource = {
  prepareForUpdate(object: object, old: object): void {
    for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (field !== 'status' && field !== 'metadata' && field !== 'kind' && field !== 'apiVersion')
        take(object, old, field);
    }
  },
};

const KEPT = ['deletionTimestamp', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** The same for kinds whose `/status` changes nothing of metadata either (ResetObjectMetaForStatus). */
export const isolatedStatus: SubresourceStrategy<ObjectLike> = {
  resets: ['metadata', 'spec'],
  prepareForUpdate(object, old) {
    statusSubresource.prepareForUpdate(object, old);
    for (const field of KEPT) take(object.metadata, old.metadata, field);
  },
};

/** The same where all of metadata is taken from what is there: kinds of flow control, and custom ones. */
export const statusAlone: SubresourceStrategy<ObjectLike> = {
  resets: ['metadata', 'spec'],
  prepareForUpdate(object, old) {
    statusSubresource.prepareForUpdate(object, old);
    const { managedFields, resourceVersion } = object.metadata;
    const { managedFields: _, ...kept } = old.metadata;
    object.metadata = { ...kept, ...(managedFields && { managedFields }), resourceVersion };
  },
};

/** `/status` of a kind that checks what is written to it. */
export const statusWith = <T extends ObjectLike = KubeObject>(
  validateUpdate: NoInfer<NonNullable<SubresourceStrategy<T>['validateUpdate']>>,
): SubresourceStrategy<T> => ({ ...statusSubresource, validateUpdate });

/**
 * A kind with spec and status: a create has no status, an update leaves it, `/status` leaves the rest.
 * What `strategy` says comes on top: its own prepare functions run after these.
 */
export function withStatus<T extends ObjectLike = KubeObject>(strategy: NoInfer<Strategy<T>> = {}): Strategy<T> {
  return {
    ...strategy,
    prepareForCreate(object, ctx) {
      delete (object as { status?: unknown }).status;
      strategy.prepareForCreate?.(object, ctx);
    },
    prepareForUpdate(object, old, ctx) {
      take(object, old, 'status');
      strategy.prepareForUpdate?.(object, old, ctx);
    },
    subresources: { status: statusSubresource, ...strategy.subresources },
  };
}
