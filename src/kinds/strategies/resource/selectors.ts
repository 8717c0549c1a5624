import { LRUCache } from 'lru-cache';
import type { DeviceSelector } from '../../../../schema/types.ts';
import { DEVICE_DIALECT, DEVICE_VARIABLES, MAX_DEVICE_COST } from '../../../cel/device.ts';
import { compile } from '../../../cel/expression.ts';
import { fullName } from '../../../cel/types.ts';
import { forbidden, invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { isRecord } from '../../../meta/record.ts';
import { boundedErrors } from './bounds.ts';

const MAX_SELECTORS = 32;
/** bytes */
const MAX_EXPRESSION = 10 * 1024;
/** What is wrong with an expression: '' nothing, COMPLEX that it may cost too much. */
function judged(expression: string): string {
  const compiled = compile(expression, DEVICE_VARIABLES, DEVICE_DIALECT);
  if ('error' in compiled) return compiled.error;
  const { type, estimate } = compiled.program;
  if (type.kind !== 'bool' && type.kind !== 'any')
    return `must evaluate to bool or the unknown type, not ${fullName(type)}`;
  return estimate.max > MAX_DEVICE_COST ? COMPLEX : '';
}
const COMPLEX = 'too complex, exceeds cost limit';
/** Verdicts on expressions, by the size of both: a request may have more of them than programs are kept. */
const verdicts = new LRUCache<string, string>({
  maxSize: 8 * 1024 * 1024,
  sizeCalculation: (verdict, { length }) => 1 + length + verdict.length,
});
function verdictOf(expression: string): string {
  let verdict = verdicts.get(expression);
  if (verdict === undefined) verdicts.set(expression, (verdict = judged(expression)));
  return verdict;
}

function expressionErrors(expression: string, at: Path): FieldError[] {
  if (Buffer.byteLength(expression) > MAX_EXPRESSION) return [tooLong(at, MAX_EXPRESSION)];
  const verdict = verdictOf(expression);
  if (verdict === '') return [];
  return [verdict === COMPLEX ? forbidden(at, verdict) : invalid(at, expression, verdict)];
}

/** Reads the selectors of all requests of a claim, one at a time, so that their validation finds them read. */
export function* readSelectors(part: unknown): Generator<void, FieldError[]> {
  if (Array.isArray(part)) for (const item of part) yield* readSelectors(item);
  else if (isRecord(part)) {
    const expression = isRecord(part['cel']) ? part['cel']['expression'] : undefined;
    if (typeof expression !== 'string') for (const item of Object.values(part)) yield* readSelectors(item);
    else if (Buffer.byteLength(expression) <= MAX_EXPRESSION) {
      verdictOf(expression);
      yield;
    }
  }
  return [];
}

export const selectorErrors = (selectors: readonly Parts<DeviceSelector>[] | undefined, at: Path): FieldError[] =>
  boundedErrors(
    selectors,
    MAX_SELECTORS,
    ({ cel }, here) =>
      cel ? expressionErrors(cel.expression ?? '', here.child('cel', 'expression')) : [required(here.child('cel'))],
    at,
  );
