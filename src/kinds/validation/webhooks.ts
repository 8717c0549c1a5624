import { invalid, required, type FieldError, type Path } from '../../meta/field.ts';
import { isDns1123Subdomain, rangeError } from '../../meta/names.ts';

/** Where a webhook of any kind may be reached (k8s.io/apiserver/pkg/util/webhook). */
const FORM = '; desired format: https://host[/path]';

export function validateWebhookUrl(url: string, at: Path): FieldError[] {
  // scheme, user, host, path, query and fragment as Go's url.Parse tells them apart
  const [, scheme = '', authority = '', query = '', fragment = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : '';
  const host = user ? authority.slice(user.length + 1) : authority;
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https') errors.push(invalid(at, scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`));
  if (!host) errors.push(invalid(at, host, `host must be specified${FORM}`));
  if (user) errors.push(invalid(at, user, 'user information is not permitted in the URL'));
  if (fragment) errors.push(invalid(at, fragment, 'fragments are not permitted in the URL'));
  if (query) errors.push(invalid(at, query, 'query parameters are not permitted in the URL'));
  return errors;
}

export function validateWebhookService(service: { namespace?: string; name?: string; path?: string; port?: number }, at: Path): FieldError[] {
  const { namespace, name, path, port = 443 } = service;
  const errors: FieldError[] = [];
  if (!name) errors.push(required(at.child('name'), 'service name is required'));
  if (!namespace) errors.push(required(at.child('namespace'), 'service namespace is required'));
  if (port < 1 || port > 65535) errors.push(invalid(at.child('port'), port, `port is not valid: ${rangeError(1, 65535)}`));
  return path ? [...errors, ...validatePath(path, at.child('path'))] : errors;
}

function validatePath(path: string, at: Path): FieldError[] {
  if (path === '/') return [];
  if (path === '//') return [invalid(at, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(at, path, "must start with a '/'")];
  path.slice(1).replace(/\/$/, '').split('/').forEach((segment, i) => {
    if (!segment) errors.push(invalid(at, path, `segment[${i}] may not be empty`));
    else errors.push(...isDns1123Subdomain(segment).map((why) => invalid(at, path, `segment[${i}]: ${why}`)));
  });
  return errors;
}
