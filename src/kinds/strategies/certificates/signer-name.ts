import { invalid, required, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../../meta/names.ts';

const MAX_DOMAIN = 253;
/** domain, slash, and a path with room for a namespace, a dot and a name */
const MAX_SIGNER_NAME = MAX_DOMAIN + 1 + 253 + 63 + 1;

/** Of the parts between dots only the first bad one is told. */
function partErrors(segment: string, rule: (part: string) => string[], at: Path): FieldError[] {
  for (const part of segment.split('.')) {
    const why = rule(part);
    if (why.length)
      return why.map((reason) => invalid(at, segment, `validating label ${JSON.stringify(part)}: ${reason}`));
  }
  return [];
}

/** `domain.example/path`: who is to sign. */
export function signerNameErrors(name: string | undefined, at: Path): FieldError[] {
  if (!name) return [required(at)];
  const segments = name.split('/');
  if (segments.length !== 2)
    return [invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const [domain, path] = segments as [string, string];
  const errors: FieldError[] = domain.length > MAX_DOMAIN ? [tooLong(at, MAX_DOMAIN)] : [];
  errors.push(...partErrors(domain, isDns1123Label, at));
  if (!domain.includes('.'))
    errors.push(invalid(at, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...partErrors(path, isDns1123Subdomain, at));
  if (name.length > MAX_SIGNER_NAME) errors.push(tooLong(at, MAX_SIGNER_NAME));
  return errors;
}
