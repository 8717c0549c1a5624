import type { FieldError } from '../../../meta/field.ts';
import type { ObjectLike, Unchecked } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { pathSegmentName } from '../../validation/names.ts';

export const GROUP = 'rbac.authorization.k8s.io';

/**
 * Common to roles and bindings: names are path segments (`system:node`), a PUT may create, and an update checks the new
 * object twice over. Who may grant what is the pipeline's matter.
 */
export function rbacStrategy<T extends ObjectLike>(
  validate: (object: Unchecked<T>) => FieldError[],
  change?: (object: Unchecked<T>, old: Unchecked<T>) => FieldError[],
): Strategy<T> {
  return {
    // what a name is made of is no better than a name
    name: (name) => pathSegmentName(name, false),
    metadata: { whole: 1 },
    generation: false,
    createOnUpdate: true,
    validate,
    validateUpdate(object, old) {
      return [...validate(object), ...(change?.(object, old) ?? [])];
    },
  };
}
