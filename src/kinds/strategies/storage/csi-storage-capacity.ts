import { isDeepStrictEqual } from 'node:util';
import type { CSIStorageCapacity } from '../../../../schema/types.ts';
import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import { parseQuantity } from '../../../meta/quantity.ts';
import type { Strategy } from '../../kind.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { IMMUTABLE, NOT_NEGATIVE } from '../../validation/values.ts';

/** storage.k8s.io/v1 CSIStorageCapacity: where and of which class is fixed, how much changes. */
export const csiStorageCapacityStrategy: Strategy<CSIStorageCapacity> = {
  generation: false,
  unconditionalUpdate: false,
  validate(object) {
    const name = object.storageClassName ?? '';
    const errors: FieldError[] = validateLabelSelector(object.nodeTopology, Path.root('nodeTopology'));
    for (const why of dnsSubdomainName(name, false)) errors.push(invalid(Path.root('storageClassName'), name, why));
    const { capacity } = object;
    if (capacity !== undefined && parseQuantity(String(capacity)).nano < 0n)
      errors.push(invalid(Path.root('capacity'), String(capacity), NOT_NEGATIVE));
    return errors;
  },
  metadata: { whole: 1 },
  validateUpdate: (object, old) => [
    ...(isDeepStrictEqual(object.nodeTopology ?? null, old.nodeTopology ?? null)
      ? []
      : [invalid(Path.root('nodeTopology'), object.nodeTopology, IMMUTABLE)]),
    ...(object.storageClassName === old.storageClassName
      ? []
      : [invalid(Path.root('storageClassName'), object.storageClassName, IMMUTABLE)]),
  ],
};
