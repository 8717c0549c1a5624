import type { ControllerRevision } from '../../../../schema/types.ts';
import { Path, required, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateMetaOnUpdate } from '../../validate-meta.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { validateImmutable, validateNonNegative } from '../../validation/values.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { count, NONE, since } from '../../cells.ts';
import { parseApiVersion } from '../../../meta/gvk.ts';

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
  cells,
};

function cells({ metadata, revision }: Unchecked<ControllerRevision>, now: number): Cell[] {
  const owner = metadata.ownerReferences?.find((o) => o.controller);
  const group = owner && parseApiVersion(owner.apiVersion).group;
  const name = owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : NONE;
  return [metadata.name, name, count(revision), since(metadata.creationTimestamp, now)];
}
