import { isDeepStrictEqual } from 'node:util';
import type { VolumeAttributesClass } from '../../../../schema/types.ts';
import { forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { parameterErrors, provisionerErrors } from './class-parameters.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';

/** storage.k8s.io/v1 VolumeAttributesClass: fixed once it is there. */
export const volumeAttributesClassStrategy: Strategy<VolumeAttributesClass> = {
  metadata: { whole: 1 },
  generation: false,
  validate: (object) => [
    ...provisionerErrors(object.driverName, Path.root('driverName')),
    ...parameterErrors(object.parameters, false, Path.root('parameters')),
  ],
  validateUpdate(object, old) {
    const fixed = (field: 'driverName' | 'parameters'): FieldError[] =>
      isDeepStrictEqual(object[field] ?? null, old[field] ?? null)
        ? []
        : [forbidden(Path.root(field), `updates to ${field} are forbidden.`)];
    return [...fixed('driverName'), ...fixed('parameters')];
  },
  cells,
  returnsDeleted: true,
  hashedVersion: 'v1beta1',
};

function cells({ metadata, driverName }: Unchecked<VolumeAttributesClass>, now: number): Cell[] {
  return [metadata.name, driverName ?? '', since(metadata.creationTimestamp, now)];
}
