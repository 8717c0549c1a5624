import type { KubeObject } from '../../meta/object.ts';
import type { Outcome, Write } from '../../store/contract.ts';
import type { Operation } from '../write/operation.ts';

/**
 * What a write reserves besides its object (addresses and ports of a Service). The reservations are written in the same
 * transaction, so no two processes can give the same one away.
 */
export interface Allocation {
  /** commits the write with its reservations */
  commit(write: Write): Promise<Outcome>;
  /** the write is done: what it reserved stays */
  keep(): void;
  /** always called in the end; gives back what was not kept */
  release(): void;
}

/** Fills in what has to be allocated for `object`. Undefined for kinds that need nothing. */
export const allocationFor = (
  op: Operation,
  object: KubeObject,
  old: KubeObject | undefined,
): Allocation | undefined =>
  op.target.kind.storage.key === 'services' && !op.target.subresource
    ? op.core.services.allocate(op, object, old)
    : undefined;
