import type { DeviceSelector } from '../../../../schema/types.ts';
import type { Variables } from '../../../cel/check.ts';
import { compile } from '../../../cel/expression.ts';
import { ANY, BOOL, fullName, mapOf, objectType, opaque, sized, STRING, type Type } from '../../../cel/types.ts';
import { forbidden, invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { boundedErrors } from './bounds.ts';

const MAX_SELECTORS = 32;
/** bytes */
const MAX_EXPRESSION = 10 * 1024;
/** what an expression may be estimated to cost */
const MAX_COST = 1_000_000;

const MAX_DOMAIN = 63;
const MAX_ID = 32;
const MAX_VALUE = 64;
/** attributes and capacities of a device together */
const MAX_ATTRIBUTES = 32;
/** By domain and name. */
const byName = (value: Type): Type => {
  const inner = sized(mapOf(sized(STRING, MAX_ID), value), MAX_ATTRIBUTES);
  return sized(mapOf(sized(STRING, MAX_DOMAIN), inner), MAX_ATTRIBUTES);
};
const FIELDS: Readonly<Record<string, Type>> = {
  driver: sized(STRING, MAX_DOMAIN),
  attributes: byName(sized(ANY, MAX_VALUE)),
  capacity: byName(opaque('kubernetes.Quantity')),
  allowMultipleAllocations: sized(BOOL, 1),
};
/** What an expression knows of a device. */
const VARIABLES: Variables = {
  device: sized(
    objectType('kubernetes.DRADevice', new Map(Object.entries(FIELDS).map(([key, type]) => [key, { type, key }]))),
    0,
  ),
};

function expressionErrors(expression: string, at: Path): FieldError[] {
  if (Buffer.byteLength(expression) > MAX_EXPRESSION) return [tooLong(at, MAX_EXPRESSION)];
  const compiled = compile(expression, VARIABLES, true);
  if ('error' in compiled) return [invalid(at, expression, compiled.error)];
  const { type } = compiled.program;
  if (type.kind !== 'bool' && type.kind !== 'any')
    return [invalid(at, expression, `must evaluate to bool or the unknown type, not ${fullName(type)}`)];
  return compiled.program.estimate().max > MAX_COST ? [forbidden(at, 'too complex, exceeds cost limit')] : [];
}

export const selectorErrors = (selectors: readonly Parts<DeviceSelector>[] | undefined, at: Path): FieldError[] =>
  boundedErrors(
    selectors,
    MAX_SELECTORS,
    ({ cel }, here) =>
      cel ? expressionErrors(cel.expression ?? '', here.child('cel', 'expression')) : [required(here.child('cel'))],
    at,
  );
