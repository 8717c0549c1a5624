import type { ControllerRevision } from '../../../../schema/types.ts';
import { Path, required, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateImmutable, validateNonNegative } from '../../validation/values.ts';
import { isRecord } from '../../../meta/record.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { count, NONE, since } from '../../cells.ts';
import { parseApiVersion } from '../../../meta/gvk.ts';

const DATA = Path.root('data');

function dataErrors(data: unknown): FieldError[] {
  if (data == null) return [required(DATA, 'data is mandatory')];
  return isRecord(data) ? [] : [required(DATA, 'data must be a valid JSON object')];
}

/** apps/v1 ControllerRevision: data that never changes and the number that does. */
export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  generation: false,
  validate: (object) => [...validateNonNegative(object.revision, Path.root('revision')), ...dataErrors(object.data)],
  metadata: { whole: 1 },
  validateUpdate: (object, old) => validateImmutable(object.data, old.data, DATA),
  cells,
};

function cells({ metadata, revision }: Unchecked<ControllerRevision>, now: number): Cell[] {
  const owner = metadata.ownerReferences?.find((o) => o.controller);
  const group = owner && parseApiVersion(owner.apiVersion).group;
  const name = owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : NONE;
  return [metadata.name, name, count(revision), since(metadata.creationTimestamp, now)];
}
