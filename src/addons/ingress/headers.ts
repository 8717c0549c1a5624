import type { IncomingHttpHeaders } from 'node:http';
import { canonicalIp } from '../../meta/ip.ts';
import type { HeaderChange } from './route.ts';

export type Headers = Record<string, string | string[]>;

/** Of one connection and not of the message (RFC 9110, 7.6.1), and what this proxy answers for itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Framing and place of a message, which no `Connection` header may take away. */
const ESSENTIAL = new Set(['content-length', 'host']);

/** What says where a request has come from: only this proxy knows. `_` is `-` to many a backend (CGI, WSGI). */
const OF_ORIGIN =
  /^(forwarded|x[-_]forwarded[-_].*|x[-_]real[-_]ip|x[-_]original[-_].*|x[-_]client[-_]ip|true[-_]client[-_]ip)$/;

/** Where a request has come in. */
export interface Origin {
  address: string;
  tls: boolean;
  /** as the client said it */
  host: string;
  /** on which it was taken */
  port: number;
}

/** The headers of a request for its backend: none of its connection, and none of what it says of its own origin. */
export function requestHeaders(headers: IncomingHttpHeaders, origin: Origin): Headers {
  const kept = endToEnd(headers, (name) => OF_ORIGIN.test(name));
  const address = canonicalIp(origin.address);
  const proto = origin.tls ? 'https' : 'http';
  const node = address.includes(':') ? `"[${address}]"` : address;
  return {
    ...kept,
    host: origin.host,
    'x-forwarded-for': address,
    'x-forwarded-host': origin.host,
    'x-forwarded-port': String(origin.port),
    'x-forwarded-proto': proto,
    'x-real-ip': address,
    forwarded: `for=${node};host="${origin.host}";proto=${proto}`,
  };
}

/** The headers of an answer, without those of the backend's connection. */
export const responseHeaders = (headers: IncomingHttpHeaders): Headers => endToEnd(headers, () => false);

function endToEnd(headers: IncomingHttpHeaders, isLeftOut: (name: string) => boolean): Headers {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || HOP_BY_HOP.has(name)) continue;
    if ((named.has(name) && !ESSENTIAL.has(name)) || isLeftOut(name)) continue;
    kept[name] = value;
  }
  return kept;
}

/** Changes headers as a filter of a route says. */
export function change(headers: Headers, { set, add, remove }: HeaderChange): void {
  for (const name of remove) delete headers[name];
  for (const [name, value] of set) headers[name] = value;
  for (const [name, value] of add) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value];
  }
}
