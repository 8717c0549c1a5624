import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { parseAccept } from '../negotiation/accept.ts';
import { send, sendJson } from '../respond.ts';
import type { Services } from '../services.ts';
import type { OpenApiDocument } from './openapi.ts';

const V3 = '/openapi/v3';
const YEAR_S = 365 * 24 * 3600;

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The same under its first name, which has a character that media types do not have. */
const PROTOBUF_TYPES = [PROTOBUF_TYPE, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];

/** The first of these media types that the client takes; undefined where it takes none. */
function accepted(exchange: Exchange, types: readonly string[]): string | undefined {
  for (const { type, subtype } of parseAccept(exchange.header('accept') || '*/*')) {
    const found = types.find((name) => {
      const [own, ownSub] = name.split('/');
      return (type === '*' || type === own) && (subtype === '*' || subtype === ownSub);
    });
    if (found) return found;
  }
  return undefined;
}

/** Without a word, as kube-openapi's handlers do. */
function refuse(exchange: Exchange): void {
  exchange.res.writeHead(406, { ...exchange.commonHeaders(), Vary: 'Accept', 'Content-Length': 0 });
  exchange.res.end();
}

async function sendDocument(
  exchange: Exchange,
  contentType: string,
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
  return send(exchange, 200, contentType, body, headers);
}

/** /openapi/v2, /openapi/v3 and /openapi/v3/GROUP/VERSION, the last with its hash for clients that keep it. */
export async function serveOpenApi({ openapi }: Services, exchange: Exchange): Promise<void> {
  const path = exchange.pathname.replace(/\/$/, '');
  const second = path === '/openapi/v2';
  const type = accepted(exchange, second ? [JSON_TYPE, ...PROTOBUF_TYPES] : [JSON_TYPE]);
  if (!type) return refuse(exchange);
  if (second)
    return type === JSON_TYPE
      ? sendDocument(exchange, JSON_TYPE, openapi.v2)
      : sendDocument(exchange, PROTOBUF_TYPE, openapi.v2Protobuf);
  if (path === V3) {
    const paths = openapi
      .index()
      .map((id) => [id, { serverRelativeURL: `${V3}/${id}?hash=${openapi.third(id)?.hash}` }]);
    return sendJson(exchange, 200, { paths: Object.fromEntries(paths) });
  }
  const document = openapi.third(path.slice(V3.length + 1));
  if (!document) throw new PageNotFound();
  const asked = exchange.query.get('hash');
  if (asked === null || asked === '') return sendDocument(exchange, JSON_TYPE, document);
  if (asked !== document.hash) {
    exchange.res.writeHead(301, {
      ...exchange.commonHeaders(),
      Location: `${exchange.pathname}?hash=${document.hash}`,
    });
    return void exchange.res.end();
  }
  const expires = new Date(Date.now() + YEAR_S * 1000).toUTCString();
  return sendDocument(exchange, JSON_TYPE, document, { 'Cache-Control': 'public, immutable', Expires: expires });
}
