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
 * Whether a page of another site may have opened this connection of the Kubernetes API and be let in as whose browser it
 * is. A token is one that the page itself knows, and a proxy (`kubectl proxy`, whose certificate it is) says for whom it
 * asks, which no page can.
 * @param byToken whether a token says who asks
 */
export const isForeign = (req: IncomingMessage, byToken: boolean): boolean =>
  !byToken && req.headers['x-forwarded-for'] === undefined && isCrossSite(req);

/**
 * Whether a page of another site may have made a browser send this, with all that the browser adds by itself: a client
 * certificate, a cookie. What is no browser sends no Origin, and no page can add an Authorization to a WebSocket.
 */
export const isCrossSite = (req: IncomingMessage): boolean =>
  req.headers.origin !== undefined && req.headers.authorization === undefined && !isSameOrigin(req);
