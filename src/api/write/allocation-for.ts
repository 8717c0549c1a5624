import type { KubeObject } from '../../meta/object.ts';
import type { Allocation } from '../allocation/allocation.ts';
import type { Operation } from './operation.ts';

/** Fills in what has to be allocated for `object`. Undefined for kinds that need nothing. */
export const allocationFor = (
  op: Operation,
  object: KubeObject,
  old: KubeObject | undefined,
): Allocation | undefined =>
  op.target.kind.storage.key === 'services' && !op.target.subresource
    ? op.core.services.allocate(op, object, old)
    : undefined;
