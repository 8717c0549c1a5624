import { notAcceptable } from '../../meta/status.ts';
import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { parseAccept } from '../negotiation/accept.ts';
import { send, sendJson } from '../respond.ts';
import type { Services } from '../services.ts';
import type { OpenApiDocument } from './openapi.ts';

const V3 = '/openapi/v3';
const YEAR_S = 365 * 24 * 3600;

/** Both documents are there as JSON. Clients that accept other forms alone are told so, and fall back. */
function requireJson(exchange: Exchange): void {
  const accept = exchange.header('accept');
  if (accept === '') return;
  const fits = parseAccept(accept).some(
    ({ type, subtype }) => (type === '*' || type === 'application') && (subtype === '*' || subtype === 'json'),
  );
  if (!fits) throw notAcceptable('only the following media types are accepted: application/json');
}

async function sendDocument(
  exchange: Exchange,
  { body, hash }: OpenApiDocument,
  more: Record<string, string> = {},
): Promise<void> {
  const etag = `"${hash}"`;
  const headers = { ETag: etag, Vary: 'Accept-Encoding, Accept', ...more };
  if (
    exchange
      .header('if-none-match')
      .split(',')
      .some((tag) => tag.trim() === etag)
  ) {
    exchange.res.writeHead(304, { ...exchange.commonHeaders(), ...headers });
    return void exchange.res.end();
  }
  return send(exchange, 200, 'application/json', body, headers);
}

/** /openapi/v2, /openapi/v3 and /openapi/v3/GROUP/VERSION, the last with its hash for clients that keep it. */
export async function serveOpenApi({ openapi }: Services, exchange: Exchange): Promise<void> {
  requireJson(exchange);
  const path = exchange.pathname.replace(/\/$/, '');
  if (path === '/openapi/v2') return sendDocument(exchange, openapi.v2);
  if (path === V3) {
    const paths = openapi
      .index()
      .map((id) => [id, { serverRelativeURL: `${V3}/${id}?hash=${openapi.third(id)?.hash}` }]);
    return sendJson(exchange, 200, { paths: Object.fromEntries(paths) });
  }
  const document = openapi.third(path.slice(V3.length + 1));
  if (!document) throw new PageNotFound();
  const asked = exchange.query.get('hash');
  if (asked === null || asked === '') return sendDocument(exchange, document);
  if (asked !== document.hash) {
    exchange.res.writeHead(301, {
      ...exchange.commonHeaders(),
      Location: `${exchange.pathname}?hash=${document.hash}`,
    });
    return void exchange.res.end();
  }
  const expires = new Date(Date.now() + YEAR_S * 1000).toUTCString();
  return sendDocument(exchange, document, { 'Cache-Control': 'public, immutable', Expires: expires });
}
