import type { OutgoingHttpHeaders } from 'node:http';
import type { Exchange } from '../exchange.ts';
import { cookieOf } from '../pages/cookie.ts';

/** What a page may still do: all but act as one of ours. It has an origin of its own, which no cookie and no other page knows. */
const POLICY = 'sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads';

/**
 * Headers of what others answer in our name, as a browser gets them: it would run a page of theirs in our origin, beside
 * the dashboard and with its session. Whoever is no browser gets them as they are.
 */
export function inSandbox(exchange: Exchange, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  if (!isForBrowser(exchange)) return headers;
  const own = headers['content-security-policy'];
  return {
    ...headers,
    'content-security-policy': own === undefined ? POLICY : `${String(own)}, ${POLICY}`,
    'x-content-type-options': 'nosniff',
  };
}

/**
 * Browsers say where a request comes from (Fetch Metadata). A proxy that asks with credentials of its own (`kubectl
 * proxy`) shows the answer in its own origin, which is not ours to rule; one that only stands in front has none, and says
 * X-Forwarded-For of everybody.
 */
function isForBrowser({ req, user }: Exchange): boolean {
  const asked = req.headers['sec-fetch-site'] !== undefined || cookieOf(req) !== undefined;
  return asked && (req.headers['x-forwarded-for'] === undefined || user.name === 'system:anonymous');
}
