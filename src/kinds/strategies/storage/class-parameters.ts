import { invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';

/** bytes of all keys and values together */
const MAX_PARAMETERS_SIZE = 256 * 1024;
const MAX_PARAMETERS = 512;

/** Who provisions for a class: a qualified name, of any case. */
export function provisionerErrors(name: string | undefined, at: Path): FieldError[] {
  if (!name) return [required(at)];
  const lower = name.toLowerCase();
  return isQualifiedName(lower).map((why) => invalid(at, lower, why));
}

/** What a class tells its driver. `allowEmpty`: there may be nothing. */
export function parameterErrors(
  parameters: Record<string, string> | undefined,
  allowEmpty: boolean,
  at: Path,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) return [tooLong(at, MAX_PARAMETERS)];
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of entries) {
    if (key === '') errors.push(invalid(at, key, 'field can not be empty.'));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_PARAMETERS_SIZE) errors.push(tooLong(at, MAX_PARAMETERS_SIZE));
  if (!allowEmpty && entries.length === 0) errors.push(required(at, 'must contain at least one key/value pair'));
  return errors;
}
