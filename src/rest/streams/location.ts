/** Where a page stands that redirects. */
export interface Page {
  /** of the server that answered: `10.1.2.3:80` */
  host: string;
  /** that the caller asked, from its Host; '' where it said none */
  askedHost: string;
  /** the path of the proxy, without a slash at its end */
  base: string;
}

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * The Location of a proxied answer. One of the same server stays below the proxy's path; a relative one and one of another
 * host stay what they are. Source: apimachinery util/proxy Transport.rewriteURL.
 */
export function inProxy(location: string, { host, askedHost, base }: Page): string {
  const hosted = HAS_SCHEME.test(location) || location.startsWith('//');
  if (hosted ? !URL.canParse(location, 'http://x') : !location.startsWith('/')) return location;
  const to = new URL(location, `http://${host}`);
  if (hosted && to.host !== host && to.host !== askedHost) return location;
  const path = to.pathname === base || to.pathname.startsWith(`${base}/`) ? to.pathname : `${base}${to.pathname}`;
  return `${hosted && to.host === askedHost ? to.origin : ''}${path}${to.search}${to.hash}`;
}
