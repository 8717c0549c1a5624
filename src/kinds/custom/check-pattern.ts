import { compileRegexp, RegexpError, type Regexp } from '../../go/regexp.ts';
import { invalid, type FieldError } from '../../meta/field.ts';

/** Steps that the patterns of one object may take, some 200 ms: many short texts cost as much as a long one. */
const MAX_STEPS = 10_000_000;
/** Programs of fewer instructions are searched at a few steps for each character. */
const SMALL = 64;
const SMALL_STEPS = 4;

/** Steps that the object may still take which is being validated; one is at a time, since validation waits for nothing. */
let left = MAX_STEPS;

/** Runs the validation of one object. */
export function withPatternSteps<T>(validate: () => T): T {
  left = MAX_STEPS;
  return validate();
}

const stepsOf = ({ size }: Regexp, text: string): number => (size > SMALL ? size : SMALL_STEPS) * text.length;

/** As kube-openapi says it; a text that takes too long for its pattern is refused with the reason. */
export function checkPattern(value: string, pattern: string, at: string): FieldError[] {
  try {
    const regexp = compileRegexp(pattern);
    left -= stepsOf(regexp, value);
    if (left < 0) throw new RegexpError('regexp: the patterns of one object take too many steps');
    return regexp.test(value) ? [] : [invalid(at, value, `${at} in body should match '${pattern}'`)];
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error;
    return [invalid(at, value, `${at} in body should match '${pattern}, but pattern is invalid: ${error.message}'`)];
  }
}
