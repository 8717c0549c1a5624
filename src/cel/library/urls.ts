import { quote } from '../../go/quote.ts';
import { ofText, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Costs, type Library, type Overload } from '../overload.ts';
import { scale, UNKNOWN } from '../range.ts';
import { BOOL, listOf, mapOf, opaque, STRING } from '../types.ts';
import { CelError, CelMap, error, Opaque, type Value } from '../values.ts';
import { work } from '../work.ts';

/** Parts of a URL as Go's net/url takes it apart. */
class Url extends Opaque {
  readonly typeName = 'kubernetes.URL';
  constructor(
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
    private readonly text: string,
  ) {
    super();
  }
  override toString(): string {
    return this.text;
  }
  equals(other: Url): boolean {
    return this.text === other.text;
  }
}
const PARSE_WORK = 60;
/** Why Go takes no URL. */
class UrlError extends Error {}

/** Parses as url.ParseRequestURI does: an absolute URI or an absolute path, and no fragment. */
export function parseUrl(text: string): Url | CelError {
  work(PARSE_WORK + text.length / 4);
  try {
    return parts(text);
  } catch (failure) {
    if (failure instanceof UrlError) return error(`parse ${quote(text)}: ${failure.message}`);
    throw failure;
  }
}
function parts(text: string): Url {
  // eslint-disable-next-line no-control-regex -- these are the characters that no URL has
  if (/[\0-\x1f\x7f]/.test(text)) throw new UrlError('net/url: invalid control character in URL');
  if (text === '') throw new UrlError('empty url');
  if (text === '*') return new Url('', '', '*', '', text);
  const { scheme, rest } = schemeOf(text);
  // a fragment is part of what is requested, and then left out
  const [main = ''] = rest.split('#');
  const mark = main.indexOf('?');
  const query = mark < 0 ? '' : main.slice(mark + 1);
  let path = mark < 0 ? main : main.slice(0, mark);
  if (!path.startsWith('/')) {
    if (scheme !== '') return new Url(scheme, '', '', query, text);
    throw new UrlError('invalid URI for request');
  }
  let host = '';
  if (scheme !== '' || !path.startsWith('///')) {
    if (path.startsWith('//')) {
      const end = path.indexOf('/', 2);
      const authority = path.slice(2, end < 0 ? undefined : end);
      path = end < 0 ? '' : path.slice(end);
      host = hostOf(authority);
    }
  }
  checkEscapes(path);
  return new Url(scheme, host, escapedPath(path), query, text);
}
function schemeOf(text: string): { scheme: string; rest: string } {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (found) return { scheme: (found[1] as string).toLowerCase(), rest: text.slice(found[0].length) };
  if (text.startsWith(':')) throw new UrlError('missing protocol scheme');
  return { scheme: '', rest: text };
}
function checkEscapes(text: string): void {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text);
  if (bad) throw new UrlError(`invalid URL escape ${quote(bad[0])}`);
}
function hostOf(authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at)))
    throw new UrlError('net/url: invalid userinfo');
  const bracket = host.startsWith('[') ? host.lastIndexOf(']') : 0;
  if (bracket < 0) throw new UrlError("missing ']' in host");
  const colon = host.startsWith('[') ? bracket + 1 : host.lastIndexOf(':');
  const port = colon < 0 ? '' : host.slice(colon);
  if (port !== '' && !/^:\d*$/.test(port)) throw new UrlError(`invalid port ${quote(port)} after host`);
  const bad = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/.exec(host);
  if (bad) throw new UrlError(`invalid character ${quote(bad[0])} in host name`);
  checkEscapes(host);
  return host.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, decode);
}
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
/** As it was written, if that is a good way to write it; else escaped anew. */
function escapedPath(path: string): string {
  if (/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]]|%[0-9A-Fa-f]{2})*$/.test(path)) return path;
  const plain = path.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, decode);
  return encodeURI(plain).replaceAll(
    /[!'()*?#[\]]/g,
    (char) => `%${(char.codePointAt(0) as number).toString(16).toUpperCase()}`,
  );
}

const hostname = ({ host }: Url): string =>
  host.startsWith('[') ? host.slice(1, host.lastIndexOf(']')) : host.replace(/:[^:]*$/, '');
const port = ({ host }: Url): string => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';
/** Of each key the values in their order; what is no good is left out. */
function query({ query: text }: Url): Value {
  work(PARSE_WORK + text.length);
  const found = new Map<string, string[]>();
  for (const part of text.split('&')) {
    if (part === '' || part.includes(';')) continue;
    const [key = '', ...rest] = part.split('=');
    const [name, value] = [unescaped(key), unescaped(rest.join('='))];
    if (name === undefined || value === undefined) continue;
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  const map = new CelMap();
  for (const [key, values] of found) map.entries.set(key, [key, values]);
  return map;
}
const unescaped = (text: string): string | undefined =>
  /%(?![0-9A-Fa-f]{2})/.test(text) ? undefined : text.replaceAll('+', ' ').replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, decode);

const URL = opaque('kubernetes.URL');
const COSTS: Costs = {
  cost: ([text]) => ofText(sizeOf(text as Value)),
  estimate: ([text]) => {
    const size = text?.size ?? UNKNOWN;
    return { cost: scale(size, TRAVERSAL), size };
  },
};
const part = (id: string, of: (url: Url) => string): Overload => method(id, [URL], STRING, of);

export const urls: Library = {
  url: [
    func(
      'string_to_url',
      [STRING],
      URL,
      (text: string) => {
        const url = parseUrl(text);
        return url instanceof CelError ? error(`URL parse error during conversion from string: ${url.message}`) : url;
      },
      COSTS,
    ),
  ],
  isURL: [func('is_url_string', [STRING], BOOL, (text: string) => parseUrl(text) instanceof Url)],
  getScheme: [part('url_get_scheme', ({ scheme }) => scheme)],
  getHost: [part('url_get_host', ({ host }) => host)],
  getHostname: [part('url_get_hostname', hostname)],
  getPort: [part('url_get_port', port)],
  getEscapedPath: [part('url_get_escaped_path', ({ path }) => path)],
  getQuery: [method('url_get_query', [URL], mapOf(STRING, listOf(STRING)), query)],
};
