import { duplicate, invalid, notSupported, required, tooLong, type FieldError, type Path } from '../../meta/field.ts';
import { regexError } from '../../meta/names.ts';
import { validateLabelName } from './labels.ts';

/** meta/v1 Condition */
interface Condition {
  type?: string;
  status?: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  reason?: string;
  message?: string;
}

const STATUSES = ['False', 'True', 'Unknown'];
const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonPattern = new RegExp(`^(?:${REASON})$`);
const REASON_WORDS =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const REASON_EXAMPLES = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];

function validateCondition(condition: Condition, at: Path): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition;
  const errors = validateLabelName(type, at.child('type'));
  if (!STATUSES.includes(status)) errors.push(notSupported(at.child('status'), status, STATUSES));
  if (observedGeneration < 0)
    errors.push(invalid(at.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero'));
  if (!lastTransitionTime) errors.push(required(at.child('lastTransitionTime')));
  if (!reason) errors.push(required(at.child('reason')));
  else {
    if (!reasonPattern.test(reason))
      errors.push(invalid(at.child('reason'), reason, regexError(REASON_WORDS, REASON, ...REASON_EXAMPLES)));
    if (Buffer.byteLength(reason) > MAX_REASON) errors.push(tooLong(at.child('reason'), MAX_REASON));
  }
  if (Buffer.byteLength(message) > MAX_MESSAGE) errors.push(tooLong(at.child('message'), MAX_MESSAGE));
  return errors;
}

/** Conditions of the common form (`meta/v1`): one of a type, each complete. */
export function validateConditions(conditions: readonly Condition[] | null | undefined, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (conditions ?? []).forEach((condition, i) => {
    const type = condition.type ?? '';
    if (seen.has(type)) errors.push(duplicate(at.index(i).child('type'), type));
    seen.add(type);
    errors.push(...validateCondition(condition, at.index(i)));
  });
  return errors;
}
