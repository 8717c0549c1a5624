import type { ControllerRevision } from '../../../../schema/types.ts';
import { Path, required, type FieldError } from '../../../meta/field.ts';
import type { Strategy } from '../../kind.ts';
import { validateMetaOnUpdate } from '../../validate-meta.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { validateImmutable, validateNonNegative } from '../../validation/values.ts';

/** apps/v1 ControllerRevision: data that never changes and the number that does. */
export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  generation: false,
  validate: (object) => {
    const errors: FieldError[] = object.data == null ? [required(Path.root('data'), 'data is mandatory')] : [];
    return [...errors, ...validateNonNegative(object.revision, Path.root('revision'))];
  },
  validateUpdate: (object, old) => [
    ...validateMetaOnUpdate(object, dnsSubdomainName),
    ...validateImmutable(object.data, old.data, Path.root('data')),
  ],
};
