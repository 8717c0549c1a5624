import type { FieldError } from '../../../meta/field.ts';
import type { ObjectLike, Unchecked } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { validateMetaOnUpdate } from '../../validate-meta.ts';
import { pathSegmentName } from '../../validation/names.ts';

export const GROUP = 'rbac.authorization.k8s.io';

/**
 * Common to roles and bindings: names are path segments (`system:node`), a PUT may create, and an update checks the new
 * object twice over. Who may grant what is the pipeline's matter.
 */
export function rbacStrategy<T extends ObjectLike>(
  namespaced: boolean,
  validate: (object: Unchecked<T>) => FieldError[],
  change?: (object: Unchecked<T>, old: Unchecked<T>) => FieldError[],
): Strategy<T> {
  return {
    name: pathSegmentName,
    generation: false,
    createOnUpdate: true,
    validate,
    validateUpdate(object, old) {
      const meta = validateMetaOnUpdate(object, pathSegmentName, namespaced);
      return [...meta, ...meta, ...validate(object), ...(change?.(object, old) ?? [])];
    },
  };
}
