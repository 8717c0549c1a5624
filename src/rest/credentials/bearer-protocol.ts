import type { IncomingMessage } from 'node:http';

const PREFIX = 'base64url.bearer.authorization.k8s.io.';
const HEADER = 'sec-websocket-protocol';
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * The bearer token that a browser puts among the protocols of a web socket, for it cannot set headers; it is taken off
 * the request, so that nobody answers or forwards it. '' for one that is no token: encoded wrongly, one of several, or
 * alone, for then no protocol is left to answer. Undefined without one.
 */
export function takeBearerProtocol(req: IncomingMessage): string | undefined {
  const offered = req.headers[HEADER];
  if (!offered?.includes(PREFIX) || req.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  const protocols = offered.split(',').map((protocol) => protocol.trim());
  const others = protocols.filter((protocol) => !protocol.startsWith(PREFIX));
  const [token, second] = protocols.filter((protocol) => protocol.startsWith(PREFIX));
  if (token === undefined) return undefined;
  if (others.length) req.headers[HEADER] = others.join(', ');
  else delete req.headers[HEADER];
  if (second !== undefined || others.length === 0) return '';
  return decoded(token.slice(PREFIX.length));
}

function decoded(text: string): string {
  if (!BASE64URL.test(text) || text.length % 4 === 1) return '';
  const bytes = Buffer.from(text, 'base64url');
  const token = bytes.toString('utf8');
  return Buffer.from(token, 'utf8').equals(bytes) ? token : '';
}
