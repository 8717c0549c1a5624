import type { OutgoingHttpHeaders } from 'node:http';
import type { Exchange } from '../exchange.ts';

/**
 * What a proxied server is told of the request that it is behind: the caller's address after those that it came by, the
 * path that it asked for, and the host, which kube-apiserver leaves as the caller wrote it.
 */
export function forwardedFor({ req, pathname }: Exchange): OutgoingHttpHeaders {
  const host = req.headers.host ?? String(req.headers[':authority'] ?? '');
  return {
    ...(host && { host }),
    'x-forwarded-for': [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', '),
    'x-forwarded-uri': pathname,
  };
}
