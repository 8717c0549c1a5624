import { isDeepStrictEqual } from 'node:util';
import { invalid, notSupported, required, type FieldError, type Path } from '../../meta/field.ts';
import { isDns1123Subdomain, regexError } from '../../meta/names.ts';

/** Small checks that most strategies need. Each returns the errors, none when good; absent values are good. */
type Errors = FieldError[];

export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const IMMUTABLE = 'field is immutable';

export const validateNonNegative = (value: number | null | undefined, at: Path): Errors =>
  value != null && value < 0 ? [invalid(at, value, NOT_NEGATIVE)] : [];

export const validatePositive = (value: number | null | undefined, at: Path): Errors =>
  value != null && value <= 0 ? [invalid(at, value, 'must be greater than 0')] : [];

/** The new value must equal the old; null and absent are the same. */
export const validateImmutable = (value: unknown, old: unknown, at: Path, why = IMMUTABLE): Errors =>
  isDeepStrictEqual(value ?? null, old ?? null) ? [] : [invalid(at, value, why)];

/** Equal for the API server: an empty list is as good as none, here and in everything below. */
export function semanticallyEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => semanticallyEqual(item, b[i]))
    );
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in left) if (!semanticallyEqual(left[key], right[key])) return false;
  for (const key in right) if (!(key in left) && !isAbsent(right[key])) return false;
  return true;
}
const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** One of a fixed set; an empty value is required first. */
export function validateChoice(value: string | null | undefined, choices: readonly string[], at: Path): Errors {
  if (!value) return [required(at)];
  return choices.includes(value) ? [] : [notSupported(at, value, choices)];
}

/** One of a fixed set, where it is given. */
export const validateOptionalChoice = (
  value: string | null | undefined,
  choices: readonly string[],
  at: Path,
): Errors => (!value || choices.includes(value) ? [] : [notSupported(at, value, choices)]);

/** The reasons of one of meta/names' rules as errors at `at`. */
export const validateRule = (value: string, rule: (value: string) => string[], at: Path): Errors =>
  rule(value).map((why) => invalid(at, value, why));

/** An error that does not show the value. */
export const invalidUnshown = (at: Path, why: string): FieldError => ({
  type: 'FieldValueInvalid',
  field: String(at),
  body: `Invalid value: ${why}`,
});

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPath = new RegExp(`^(?:${HTTP_PATH})$`);

/** `example.com/name`: who is meant, in a space of names that somebody owns. */
export function validateDomainPrefixedPath(value: string, at: Path): Errors {
  if (!value) return [required(at)];
  const slash = value.indexOf('/');
  const [host, path] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash <= 0 || !path) return [invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const errors = validateRule(host, isDns1123Subdomain, at);
  if (!httpPath.test(path)) errors.push(invalid(at, path, regexError('Invalid path', HTTP_PATH)));
  return errors;
}
