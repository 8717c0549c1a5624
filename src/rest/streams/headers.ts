import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { LOGIN_COOKIE, SESSION_COOKIE } from '../pages/session-cookie.ts';

/** RFC 9110 §7.6.1: between two neighbours only. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** Who the caller is to us is nobody else's business, and nobody but us says who it is. (Some servers read `_` as `-`.) */
const OURS = /^(authorization$|impersonate[-_]|x[-_]remote[-_])/;
/** The body's frame is made anew (body.ts), and a caller that waits for our leave to send has it. */
const OF_BODY = new Set(['content-length', 'expect']);
/** The target does not speak for this server's origin: to whom it answers, which of its pages a script may rule, and what a browser keeps of it. */
const OF_ORIGIN = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'alt-svc',
  'clear-site-data',
  'nel',
  'report-to',
  'service-worker-allowed',
  'strict-transport-security',
]);

/** Without what is between two neighbours, and what `Connection` adds to that. */
function endToEnd(headers: IncomingHttpHeaders, drop: (name: string) => boolean): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const out: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || HOP_BY_HOP.has(name) || named.has(name) || drop(name)) continue;
    out[name] = value;
  }
  return out;
}

const isSession = (cookie: string): boolean =>
  [SESSION_COOKIE, LOGIN_COOKIE].some((name) => cookie.trimStart().startsWith(`${name}=`));

/** Headers of a request as they go on: without what the caller has shown to us. The body's frame is not among them. */
export function requestHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const out = endToEnd(headers, (name) => OURS.test(name) || OF_BODY.has(name));
  const cookies = headers.cookie?.split(';').filter((cookie) => !isSession(cookie));
  if (out['cookie'] !== undefined && cookies?.length) out['cookie'] = cookies.join(';').trimStart();
  else delete out['cookie'];
  return out;
}

/** The same for a request that asks for another protocol: it keeps its two headers. */
export const upgradeHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => ({
  ...requestHeaders(headers),
  connection: 'Upgrade',
  upgrade: headers.upgrade,
});

/** Headers of an answer as they go on. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const out = endToEnd(headers, (name) => OF_ORIGIN.has(name));
  const cookies = headers['set-cookie']?.filter((cookie) => !isSession(cookie));
  if (out['set-cookie'] !== undefined && cookies?.length) out['set-cookie'] = cookies;
  else delete out['set-cookie'];
  return out;
}
