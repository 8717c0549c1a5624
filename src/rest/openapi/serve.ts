import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { parseAccept } from '../negotiation/accept.ts';
import { sendJson, sendStream } from '../respond.ts';
import type { Services } from '../services.ts';
import { V3 } from './openapi.ts';
import type { Pieces } from './pieces.ts';

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

/** Documents are sent in pieces, and compressed, whatever their size: it is not known before they are made. */
async function sendDocument(
  exchange: Exchange,
  contentType: string,
  { hash, pieces }: { hash: string; pieces(): Pieces },
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
  return sendStream(exchange, contentType, Infinity, pieces(), headers);
}

/** /openapi/v2, /openapi/v3 and /openapi/v3/GROUP/VERSION, the last with its hash for clients that keep it. */
export async function serveOpenApi({ openapi }: Services, exchange: Exchange): Promise<void> {
  const path = exchange.pathname.replace(/\/$/, '');
  const isSecond = path === '/openapi/v2';
  const type = accepted(exchange, isSecond ? [JSON_TYPE, ...PROTOBUF_TYPES] : [JSON_TYPE]);
  if (!type) return refuse(exchange);
  const { second } = openapi;
  if (isSecond)
    return type === JSON_TYPE
      ? sendDocument(exchange, JSON_TYPE, { hash: second.hash('json'), pieces: () => second.jsonPieces() })
      : sendDocument(exchange, PROTOBUF_TYPE, { hash: second.hash('protobuf'), pieces: () => second.protobufPieces() });
  if (path === V3) {
    const paths = [...openapi.index()].map(([id, serverRelativeURL]) => [id, { serverRelativeURL }]);
    return sendJson(exchange, 200, { paths: Object.fromEntries(paths) as object });
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
