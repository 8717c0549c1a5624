import { duplicate, invalid, required, tooLong, tooMany, type FieldError, type Path } from '../../../meta/field.ts';
import { isCIdentifier, isDns1123Subdomain } from '../../../meta/names.ts';
import { validateCsiDriverName } from '../core/volume-sources.ts';

/** What lists of resource.k8s.io share: a bound that is checked before anything in them, and no two of one key. */
const MAX_IDENTIFIER = 32;
const MAX_POOL_NAME = 253;

/** `max` undefined: no bound. */
export function boundedErrors<T>(
  items: readonly T[] | undefined,
  max: number,
  check: (item: T, at: Path) => FieldError[],
  at: Path,
): FieldError[] {
  if (!items) return [];
  return items.length > max ? [tooMany(at, items.length, max)] : items.flatMap((item, i) => check(item, at.index(i)));
}

/** `key` tells items apart. */
export function uniqueErrors<T>(
  items: readonly T[] | undefined,
  max: number,
  check: (item: T, at: Path) => FieldError[],
  key: (item: T) => string,
  at: Path,
): FieldError[] {
  const errors = boundedErrors(items, max, check, at);
  if (!items || items.length > max) return errors;
  const seen = new Set<string>();
  items.forEach((item, i) => {
    const own = key(item);
    if (seen.has(own)) errors.push(duplicate(at.index(i), own));
    seen.add(own);
  });
  return errors;
}

function identifierErrors(name: string, at: Path): FieldError[] {
  const errors: FieldError[] = Buffer.byteLength(name) > MAX_IDENTIFIER ? [tooLong(at, MAX_IDENTIFIER)] : [];
  return [...errors, ...isCIdentifier(name).map((why) => invalid(at, name, why))];
}

/** An attribute or capacity: an identifier, with the domain of whoever defined it before it unless that is the driver. */
export function qualifiedNameErrors(name: string, at: Path): FieldError[] {
  const parts = name.split('/');
  if (parts.length === 1) return identifierErrors(name, at);
  if (parts.length > 2) return [];
  const [domain, id] = parts as [string, string];
  return [
    ...(domain ? validateCsiDriverName(domain, at) : [invalid(at, '', 'the domain must not be empty')]),
    ...(id ? identifierErrors(id, at) : [invalid(at, '', 'the name must not be empty')]),
  ];
}

export function fullyQualifiedNameErrors(name: string, at: Path): FieldError[] {
  const errors = qualifiedNameErrors(name, at);
  return name.includes('/')
    ? errors
    : [...errors, invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash')];
}

export function poolNameErrors(name: string | undefined, at: Path): FieldError[] {
  if (!name) return [required(at)];
  const errors: FieldError[] = Buffer.byteLength(name) > MAX_POOL_NAME ? [tooLong(at, MAX_POOL_NAME)] : [];
  for (const part of name.split('/')) for (const why of isDns1123Subdomain(part)) errors.push(invalid(at, part, why));
  return errors;
}
