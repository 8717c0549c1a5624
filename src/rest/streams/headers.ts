import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

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
/** Who the caller is to us is nobody else's business. */
const OURS = /^(authorization$|impersonate-|:)/;

/** Headers of a request or answer as they go on; an upgrade keeps its two headers. */
export function forwardedHeaders(headers: IncomingHttpHeaders, upgrade = false): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const out: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name) || OURS.test(name)) continue;
    out[name] = value;
  }
  return upgrade ? { ...out, connection: 'Upgrade', upgrade: headers.upgrade } : out;
}
