import type { DeviceSelector } from '../../../../schema/types.ts';
import { invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { checkCel } from '../../cel/check.ts';
import { mapOf, objectOf, typeName, UNKNOWN } from '../../cel/types.ts';
import { boundedErrors } from './bounds.ts';

const MAX_SELECTORS = 32;
/** bytes */
const MAX_EXPRESSION = 10 * 1024;

/** What an expression knows of a device; values are of any type (`any` in messages), by domain and name. */
const values = mapOf('string', mapOf('string', 'any'));
const VARIABLES = {
  device: objectOf('kubernetes.DRADevice', {
    driver: 'string',
    attributes: values,
    capacity: mapOf('string', mapOf('string', UNKNOWN)),
    allowMultipleAllocations: 'bool',
  }),
};

function expressionErrors(expression: string, at: Path): FieldError[] {
  if (Buffer.byteLength(expression) > MAX_EXPRESSION) return [tooLong(at, MAX_EXPRESSION)];
  const { type, error } = checkCel(expression, VARIABLES, []);
  if (error !== undefined) return [invalid(at, expression, error)];
  if (type === 'bool' || type === 'any' || type === UNKNOWN) return [];
  return [invalid(at, expression, `must evaluate to bool or the unknown type, not ${typeName(type)}`)];
}

export const selectorErrors = (selectors: readonly Parts<DeviceSelector>[] | undefined, at: Path): FieldError[] =>
  boundedErrors(
    selectors,
    MAX_SELECTORS,
    ({ cel }, here) =>
      cel ? expressionErrors(cel.expression ?? '', here.child('cel', 'expression')) : [required(here.child('cel'))],
    at,
  );
