import { invalid, type FieldError, type Path } from '../../meta/field.ts';

/**
 * Adds one error for each of the reasons that a rule of meta/names gives. The path (`at` and the names below it) is
 * made only when there is a reason, so that a good value costs no object.
 */
export function addReasons(
  errors: FieldError[],
  reasons: readonly string[],
  value: unknown,
  at: Path,
  ...below: string[]
): void {
  if (reasons.length === 0) return;
  const here = at.child(...below);
  for (const why of reasons) errors.push(invalid(here, value, why));
}
