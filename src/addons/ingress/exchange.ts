import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { headProblem } from '../../rules/http/request-head.ts';
import type { Headers, Origin } from './headers.ts';
import { normalPath } from './normal-path.ts';
import type { RouteTable } from './route-table.ts';
import type { Asked } from './route.ts';

export type Req = IncomingMessage | Http2ServerRequest;
export type Res = ServerResponse | Http2ServerResponse;

/** A port that requests come in by. */
export interface Entry {
  tls: boolean;
  /** where clients find it */
  port: number;
  /** where https is found beside it */
  tlsPort: number;
  /** as it is now */
  routes(): RouteTable;
}

/** A name or an address, and a port. */
const AUTHORITY = /^(?:[a-z\d_](?:[a-z\d_.-]*[a-z\d_])?\.?|\[[\da-f:.]+\])(?::\d{1,5})?$/i;
/** Longer ones are no names of hosts (RFC 1035). */
const MAX_AUTHORITY = 262;

export interface Heard {
  asked: Asked;
  origin: Origin;
}

/**
 * What is asked for, once it is sure that a backend would understand the same request. Otherwise the status line that
 * answers it, after which an HTTP/1 connection is closed.
 */
export function hear(req: Req, entry: Entry): Heard | string {
  const problem = isHttp1(req) ? headProblem(req) : undefined;
  if (problem) return problem;
  const { method = 'GET', headers } = req;
  if (method === 'TRACE' || method === 'CONNECT') return '405 Method Not Allowed';
  const authority = headers[':authority'] ?? headers.host ?? '';
  // HTTP/2 may have both, of which one would be routed by and the other be believed
  if (typeof authority !== 'string' || (headers.host !== undefined && headers.host !== authority))
    return '400 Bad Request: two hosts';
  const place = placeOf(req.url ?? '', authority);
  if (typeof place === 'string') return place;
  const question = place.target.indexOf('?');
  const path = normalPath(question < 0 ? place.target : place.target.slice(0, question));
  if (path === undefined) return '400 Bad Request: malformed path';
  return {
    asked: {
      host: hostOf(place.authority),
      path,
      method,
      headers,
      search: question < 0 ? '' : place.target.slice(question),
    },
    origin: {
      address: req.socket.remoteAddress ?? '',
      tls: entry.tls,
      host: place.authority,
      port: entry.port,
    },
  };
}

interface Place {
  authority: string;
  /** path and query */
  target: string;
}

/** Of a target in absolute form the host is the host (RFC 9112, 3.2.2), and a `Host` that says otherwise is an attack. */
function placeOf(url: string, authority: string): Place | string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  const place = absolute ? { authority: absolute[1] ?? '', target: absolute[2] || '/' } : { authority, target: url };
  if (absolute && authority && place.authority.toLowerCase() !== authority.toLowerCase())
    return '400 Bad Request: two hosts';
  const { target } = place;
  if (absolute && target.startsWith('?')) place.target = `/${target}`;
  if (!place.target.startsWith('/')) return '400 Bad Request: malformed target';
  if (place.target.includes('#')) return '400 Bad Request: malformed target';
  // HTTP/1.0 may come without
  if (place.authority && (place.authority.length > MAX_AUTHORITY || !AUTHORITY.test(place.authority)))
    return '400 Bad Request: malformed Host header';
  return place;
}

const hostOf = (authority: string): string => authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');

/** By what it is, not by what it says: the parser of HTTP/1 takes a head that says HTTP/2.0. */
export const isHttp1 = (req: Req): req is IncomingMessage => !('stream' in req);

/** Whether a body may follow the head. */
export const hasBody = (req: Req): boolean =>
  isHttp1(req)
    ? req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
    : !(req as Http2ServerRequest).stream.endAfterHeaders;

/** Sends a short answer of the proxy's own, unless another has begun: then its connection is cut. */
export function answer(res: Res, status: number, text: string, headers: Headers = {}): void {
  if (res.headersSent) return void res.destroy();
  const body = `${text}\n`;
  const head = { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(Buffer.byteLength(body)) };
  // two signatures of one method, which the types of a union do not have
  (res as ServerResponse).writeHead(status, { ...head, ...headers });
  (res as ServerResponse).end(body);
}
