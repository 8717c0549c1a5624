import { stringifyExact } from '../go/json-numbers.ts';
import { constants, createGzip, gzip } from 'node:zlib';
import { Slice } from '../api/fairness/turns.ts';
import type { StatusError } from '../meta/status.ts';
import { encodeStatus } from './encoding/status.ts';
import type { Exchange } from './exchange.ts';
import { ALL_FORMATS, MEDIA_TYPES, negotiate, wantsPretty, type Media } from './negotiation/negotiate.ts';

/** Answers from this size on are compressed for clients that accept it (as kube-apiserver does). */
const GZIP_FROM = 128 * 1024;
/** Size of one write of a streamed answer. */
const CHUNK = 128 * 1024;

type Headers = Record<string, string | string[] | number>;

const acceptsGzip = (exchange: Exchange): boolean =>
  /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0+)?\s*(,|$))[^,]*)?(,|$)/.test(exchange.header('accept-encoding'));

/** Sends one buffer, compressed when it is large and the client takes it. */
export async function send(
  exchange: Exchange,
  code: number,
  contentType: string,
  body: Buffer,
  more: Headers = {},
): Promise<void> {
  const headers: Headers = { ...exchange.commonHeaders(), 'Content-Type': contentType, ...more };
  let bytes = body;
  if (body.length >= GZIP_FROM && exchange.method !== 'HEAD') {
    headers['Vary'] ??= 'Accept-Encoding';
    if (acceptsGzip(exchange)) {
      bytes = await new Promise<Buffer>((resolve, reject) =>
        gzip(body, { level: constants.Z_BEST_SPEED }, (error, out) => (error ? reject(error) : resolve(out))),
      );
      headers['Content-Encoding'] = 'gzip';
    }
  }
  if (exchange.res.headersSent || exchange.gone) return;
  headers['Content-Length'] = bytes.length;
  exchange.res.writeHead(code, headers);
  exchange.res.end(exchange.method === 'HEAD' ? undefined : bytes);
}

export const sendJson = (exchange: Exchange, code: number, value: unknown, more?: Headers): Promise<void> => {
  const text = wantsPretty(exchange.query, exchange.header('user-agent'))
    ? stringifyExact(value, 2)
    : stringifyExact(value);
  return send(exchange, code, 'application/json', Buffer.from(`${text}\n`), more);
};

export const sendText = (
  exchange: Exchange,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): Promise<void> => send(exchange, code, type, Buffer.from(text), { 'X-Content-Type-Options': 'nosniff' });

/** An error in the form that the client accepts; JSON where it accepts none of ours. */
export async function sendStatus(exchange: Exchange, error: StatusError): Promise<void> {
  const pretty = wantsPretty(exchange.query, exchange.header('user-agent'));
  let media: Media;
  try {
    media = negotiate(exchange.header('accept'), ALL_FORMATS, pretty, { transforms: true });
  } catch {
    media = { format: 'json', pretty };
  }
  const retry = error.status.details?.retryAfterSeconds;
  const more: Headers = retry ? { 'Retry-After': String(retry) } : {};
  await send(exchange, error.code, MEDIA_TYPES[media.format], encodeStatus(error.status, media), more);
}

/**
 * `pieces` (already small) joined to writes of about 128 KiB, at the pace of the client and without holding the loop:
 * a piece is made when it is its turn, and an empty one is an opportunity to pause.
 */
export async function sendStream(
  exchange: Exchange,
  contentType: string,
  size: number,
  pieces: Iterable<Buffer>,
  more: Headers = {},
): Promise<void> {
  if (size < GZIP_FROM) return send(exchange, 200, contentType, Buffer.concat([...pieces]), more);
  const { res } = exchange;
  const compress = acceptsGzip(exchange);
  const headers: Headers = {
    ...exchange.commonHeaders(),
    'Content-Type': contentType,
    Vary: 'Accept-Encoding',
    ...more,
  };
  if (compress) headers['Content-Encoding'] = 'gzip';
  res.writeHead(200, headers);
  if (exchange.method === 'HEAD') return void res.end();
  const out = compress ? createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 }) : res;
  if (out !== res) out.pipe(res);
  let waiting: Buffer[] = [];
  let bytes = 0;
  const slice = new Slice();
  for (const piece of pieces) {
    if (piece.length) waiting.push(piece);
    bytes += piece.length;
    if (bytes >= CHUNK) {
      const goesOn = out.write(Buffer.concat(waiting, bytes));
      waiting = [];
      bytes = 0;
      if (!goesOn) await exchange.drained(out);
      await slice.next();
      if (exchange.gone) break;
    } else if (slice.over) await slice.next();
  }
  out.end(Buffer.concat(waiting, bytes));
}
