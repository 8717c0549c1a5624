import type { KubeObject } from '../../meta/object.ts';
import type { Strategy, SubresourceStrategy } from '../kind.ts';

function take(object: KubeObject, old: KubeObject, field: string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

/** A write to `/status` changes status, and metadata but for what only the resource itself may change. */
export const statusSubresource: SubresourceStrategy = {
  prepareForUpdate(object, old) {
    for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (field !== 'status' && field !== 'metadata' && field !== 'kind' && field !== 'apiVersion')
        take(object, old, field);
    }
  },
};

const KEPT = ['deletionTimestamp', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** The same for kinds whose `/status` changes nothing of metadata either (ResetObjectMetaForStatus). */
export const isolatedStatus: SubresourceStrategy = {
  prepareForUpdate(object, old, ctx) {
    statusSubresource.prepareForUpdate!(object, old, ctx);
    for (const field of KEPT) take(object.metadata as never, old.metadata as never, field);
  },
};

/** `/status` of a kind that checks what is written to it. */
export const statusWith = (
  validateUpdate: NonNullable<SubresourceStrategy['validateUpdate']>,
): SubresourceStrategy => ({ ...statusSubresource, validateUpdate });

/**
 * A kind with spec and status: a create has no status, an update leaves it, `/status` leaves the rest.
 * What `strategy` says comes on top: its own prepare functions run after these.
 */
export function withStatus(strategy: Strategy = {}): Strategy {
  return {
    ...strategy,
    prepareForCreate(object, ctx) {
      delete object.status;
      strategy.prepareForCreate?.(object, ctx);
    },
    prepareForUpdate(object, old, ctx) {
      take(object, old, 'status');
      strategy.prepareForUpdate?.(object, old, ctx);
    },
    subresources: { status: statusSubresource, ...strategy.subresources },
  };
}
