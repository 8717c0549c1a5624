import type { DeviceClassConfiguration } from '../../../../schema/types.ts';
import { stringifyExact } from '../../../go/json-numbers.ts';
import { invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateCsiDriverName } from '../core/volume-sources.ts';

/** What only the driver understands. */
export type Configuration = Parts<DeviceClassConfiguration>;
export const MAX_CONFIGURATIONS = 32;
/** bytes of JSON */
const MAX_PARAMETERS = 10 * 1024;

/** A JSON object of at most `max` bytes. */
export function rawObjectErrors(value: unknown, max: number, at: Path): FieldError[] {
  if (value === undefined || value === null) return [required(at)];
  if (Buffer.byteLength(stringifyExact(value)) > max) return [tooLong(at, max)];
  return typeof value === 'object' && !Array.isArray(value)
    ? []
    : [invalid(at, '<value omitted>', 'must be a valid JSON object')];
}

export function configurationErrors({ opaque }: Configuration, at: Path): FieldError[] {
  const here = at.child('opaque');
  if (!opaque) return [required(here)];
  return [
    ...validateCsiDriverName(opaque.driver, here.child('driver')),
    ...rawObjectErrors(opaque.parameters, MAX_PARAMETERS, here.child('parameters')),
  ];
}
