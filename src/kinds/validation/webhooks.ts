import { invalid, required, type FieldError, type Path } from '../../meta/field.ts';
import { isDns1123Subdomain, isPortNumber } from '../../meta/names.ts';

/** Where a webhook of any kind may be reached (k8s.io/apiserver/pkg/util/webhook). */
const FORM = '; desired format: https://host[/path]';

export interface WebhookService {
  name?: string;
  namespace?: string;
  path?: string;
  port?: number;
}

/** Scheme, user, host, query and fragment as Go's net/url takes them apart; a text where it would not. */
function splitUrl(
  url: string,
): { scheme: string; host: string; user: string | undefined; query: string; fragment: string } | string {
  const refuse = (why: string): string => `parse ${JSON.stringify(url)}: ${why}`;
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(url)) return refuse('net/url: invalid control character in URL');
  const hash = url.indexOf('#');
  const fragment = hash < 0 ? '' : url.slice(hash + 1);
  let rest = hash < 0 ? url : url.slice(0, hash);
  if (rest === '') return { scheme: '', host: '', user: undefined, query: '', fragment };
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest)?.[1]?.toLowerCase() ?? '';
  if (!scheme && rest.startsWith(':')) return refuse('missing protocol scheme');
  rest = rest.slice(scheme ? scheme.length + 1 : 0);
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!scheme && !rest.startsWith('/') && rest.split('/')[0]!.includes(':'))
    return refuse('first path segment in URL cannot contain colon');
  if (!rest.startsWith('//')) return { scheme, host: '', user: undefined, query, fragment };
  const slash = rest.indexOf('/', 2);
  const authority = rest.slice(2, slash < 0 ? undefined : slash);
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(rest)?.[0];
  if (escape) return refuse(`invalid URL escape ${JSON.stringify(escape)}`);
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const port = /:([^\]]*)$/.exec(host.replace(/^\[[^\]]*\]/, ''));
  if (port && !/^\d*$/.test(port[1] as string))
    return refuse(`invalid port ${JSON.stringify(`:${port[1]}`)} after host`);
  if (/[ "<>\\^`{|}]/.test(host))
    return refuse(`invalid character ${JSON.stringify(/[ "<>\\^`{|}]/.exec(host)![0])} in host name`);
  return { scheme, host, user: at < 0 ? undefined : authority.slice(0, at), query, fragment };
}

/** Throws nothing: what Go could not parse is an error of its own. */
export function validateWebhookUrl(url: string, at: Path): FieldError[] {
  const parts = splitUrl(url);
  if (typeof parts === 'string') return [required(at, `url must be a valid URL: ${parts}${FORM}`)];
  const errors: FieldError[] = [];
  if (parts.scheme !== 'https') errors.push(invalid(at, parts.scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (!parts.host) errors.push(invalid(at, parts.host, `host must be provided${FORM}`));
  if (parts.user !== undefined) errors.push(invalid(at, parts.user, 'user information is not permitted in the URL'));
  if (parts.fragment) errors.push(invalid(at, parts.fragment, 'fragments are not permitted in the URL'));
  if (parts.query) errors.push(invalid(at, parts.query, 'query parameters are not permitted in the URL'));
  return errors;
}

function pathErrors(path: string, at: Path): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(at, path, 'segment[0] may not be empty')];
  const errors: FieldError[] = path.startsWith('/') ? [] : [invalid(at, path, "must start with a '/'")];
  path
    .slice(1)
    .replace(/\/$/, '')
    .split('/')
    .forEach((step, i) => {
      if (step === '') errors.push(invalid(at, path, `segment[${i}] may not be empty`));
      else for (const why of isDns1123Subdomain(step)) errors.push(invalid(at, path, `segment[${i}]: ${why}`));
    });
  return errors;
}

export function validateWebhookService({ name, namespace, path, port = 443 }: WebhookService, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  // Kubernetes mixes the two up: kubernetes/kubernetes#141353
  if (!namespace) errors.push(required(at.child('name')));
  if (!name) errors.push(required(at.child('namespace')));
  const bad = isPortNumber(port);
  if (bad.length) errors.push(invalid(at.child('port'), port, `port is not valid: ${bad.join(', ')}`));
  return path === undefined ? errors : [...errors, ...pathErrors(path, at.child('path'))];
}
