import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/**
 * Whether a browser sent this from our own page. SameSite keeps the cookie from other sites; this keeps it from other
 * ports and subdomains of the same one. A request without Origin (a GET of the page itself) is judged by Fetch Metadata.
 */
export function isSameOrigin(req: IncomingMessage): boolean {
  const { origin, host = (req.headers as Record<string, unknown>)[':authority'] } = req.headers;
  if (origin === undefined) return req.headers['sec-fetch-site'] === 'same-origin';
  return origin === `http${(req.socket as TLSSocket).encrypted ? 's' : ''}://${String(host)}`;
}

/**
 * Whether a page of another site may have opened this connection of the Kubernetes API and be let in as whose browser, or
 * whose proxy, it is. A token is one that the page itself knows.
 * @param byToken whether a token says who asks
 */
export const isForeign = (req: IncomingMessage, byToken: boolean): boolean =>
  !byToken && isCrossSite(req) && !isPageOfProxy(req);

/**
 * Whether a page of another site may have made a browser send this, with all that the browser adds by itself: a client
 * certificate, a cookie. What is no browser sends no Origin, and no page can add a token to the head of a WebSocket; a
 * name and a password it can, in the address.
 */
export const isCrossSite = (req: IncomingMessage): boolean => isElsewhere(req) && !hasBearer(req);

/** Whether a page that is not ours has sent this, whatever it shows of who asks. */
export const isElsewhere = (req: IncomingMessage): boolean => req.headers.origin !== undefined && !isSameOrigin(req);

const hasBearer = ({ headers }: IncomingMessage): boolean => /^bearer /i.test(headers.authorization ?? '');

/** Where `kubectl proxy` is asked, unless it is told otherwise. Source: its --accept-hosts. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a proxy has passed on what a page of its own asks: that of `kubectl proxy`, on the machine of who runs it, or
 * of one that says by which name it was asked. That a proxy stands in between says nothing of the page: it passes on
 * every page's requests.
 */
function isPageOfProxy({ headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] === undefined) return false;
  if (headers['sec-fetch-site'] !== undefined) return headers['sec-fetch-site'] === 'same-origin';
  const page = URL.parse(headers.origin ?? '');
  if (!page) return false;
  const [asked = ''] = String(headers['x-forwarded-host'] ?? '').split(',', 1);
  return LOOPBACK.has(page.hostname) || page.host === asked.trim();
}
