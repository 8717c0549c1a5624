import type { Backend, Filters, HeaderChange, PathChange, Redirect } from '../route.ts';
import type { BackendReference, Filter, HeaderFilter, PathModifier } from './types.ts';

/** A filter that this controller does not have. */
export class UnsupportedFilter extends Error {
  override readonly name = 'UnsupportedFilter';
}

export interface Filtered {
  filters: Filters;
  redirect?: Redirect;
}

/**
 * What the filters of a rule do. Throws UnsupportedFilter: a request must not go on without what its route asks for.
 * @param prefix that was matched; undefined where the path was matched otherwise
 */
export function filtersOf(
  list: readonly Filter[] | undefined,
  prefix: string | undefined,
  backendOf: (reference: BackendReference) => Backend,
): Filtered {
  const filters: Filters = {};
  let redirect: Redirect | undefined;
  const mirrors: NonNullable<Filters['mirrors']>[number][] = [];
  for (const filter of list ?? []) {
    const { type, requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite, requestMirror } = filter;
    if (type === 'RequestHeaderModifier' && requestHeaderModifier) filters.request = changeOf(requestHeaderModifier);
    else if (type === 'ResponseHeaderModifier' && responseHeaderModifier)
      filters.response = changeOf(responseHeaderModifier);
    else if (type === 'RequestRedirect' && requestRedirect) {
      const { scheme, hostname, port, path, statusCode = 302 } = requestRedirect;
      redirect = {
        status: statusCode,
        ...(scheme && { scheme }),
        ...(hostname && { host: hostname }),
        ...(port && { port }),
        ...(path && { path: pathOf(path, prefix) }),
      };
    } else if (type === 'URLRewrite' && urlRewrite) {
      if (urlRewrite.hostname) filters.host = urlRewrite.hostname;
      if (urlRewrite.path) filters.path = pathOf(urlRewrite.path, prefix);
    } else if (type === 'RequestMirror' && requestMirror) {
      const { backendRef, percent = 100, fraction } = requestMirror;
      const share = fraction ? fraction.numerator / (fraction.denominator ?? 100) : percent / 100;
      mirrors.push({ ...backendOf(backendRef), share });
    } else throw new UnsupportedFilter(`filter ${type} is not supported`);
  }
  if (mirrors.length) filters.mirrors = mirrors;
  return { filters, ...(redirect && { redirect }) };
}

const changeOf = ({ set = [], add = [], remove = [] }: HeaderFilter): HeaderChange => ({
  set: set.map(({ name, value }) => [name.toLowerCase(), value]),
  add: add.map(({ name, value }) => [name.toLowerCase(), value]),
  remove: remove.map((name) => name.toLowerCase()),
});

function pathOf(
  { type, replaceFullPath = '/', replacePrefixMatch = '/' }: PathModifier,
  prefix: string | undefined,
): PathChange {
  if (type === 'ReplaceFullPath') return { type: 'whole', value: replaceFullPath };
  if (prefix === undefined) throw new UnsupportedFilter('ReplacePrefixMatch needs a match of the type PathPrefix');
  return { type: 'prefix', prefix, value: replacePrefixMatch };
}
