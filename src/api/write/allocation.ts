import type { KubeObject } from '../../meta/object.ts';
import type { Outcome, Stored, Write } from '../../store/contract.ts';
import type { Allocation } from '../allocation/allocation.ts';
import type { Operation } from './operation.ts';
import { traced } from './traced.ts';

/** Fills in what has to be allocated for `object`. Undefined for kinds that hold nothing of the cluster's. */
export function allocationFor(op: Operation, object: KubeObject, old: KubeObject | undefined): Allocation | undefined {
  const { kind, subresource } = op.target;
  const { holds } = kind.storage.strategy;
  return holds && !subresource ? op.core.services.allocate(op, holds, object, old) : undefined;
}

/** Commits a delete, and gives back what the object holds. */
export function commitDelete(op: Operation, write: Write, stored: Stored): Promise<Outcome> {
  const { holds } = op.target.kind.storage.strategy;
  return traced(
    op,
    'Delete',
    holds ? op.core.services.commitDelete(op, holds, write, stored) : op.core.store.commit(write),
  );
}
