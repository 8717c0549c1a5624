import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, createBrotliCompress, createGzip, type BrotliCompress, type Gzip } from 'node:zlib';

/** Bytes from which on an answer is compressed: what is smaller fits a packet or two anyway. */
const WORTH = 8 * 1024;
/** Measured on a page of pods, 730 kB: 2.5 ms and 84 kB; level 4 12 ms and 88 kB, gzip's first 14 to 25 ms and 100 kB. */
const BROTLI_LEVEL = 1;

export type Encoding = 'br' | 'gzip';

/**
 * How an answer to a request may be compressed. Where an attacker can make a victim's browser ask with the victim's
 * credential and with text of his own, the length of a compressed answer tells him of what else is in it (BREACH). A
 * page of another site can send neither a POST of JSON nor an own header, but it can follow a link, with a client
 * certificate; and cookies are the credentials of browsers. So these are answered as they are: GET, and whoever shows a
 * cookie.
 */
export function encodingOf({ method, headers }: IncomingMessage): Encoding | undefined {
  const header = headers['accept-encoding'];
  if (!header || method !== 'POST' || headers.cookie !== undefined) return undefined;
  const accepted = acceptedOf(String(header));
  return (['br', 'gzip'] as const).find((encoding) => accepted.has(encoding));
}

/** Names of encodings that are not refused by `q=0`. Of the others the order is the server's own choice. */
function acceptedOf(header: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of header.toLowerCase().split(',', 20)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) names.add(name);
  }
  return names;
}

export const isWorthIt = (bytes: number): boolean => bytes >= WORTH;

/** What goes into it comes out compressed at `res`, and no faster than its client takes it. Runs in zlib's own threads. */
export function compressing(res: ServerResponse, encoding: Encoding): BrotliCompress | Gzip {
  const stream =
    encoding === 'br'
      ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_LEVEL } })
      : createGzip({ level: constants.Z_BEST_SPEED });
  stream.pipe(res);
  res.once('close', () => stream.destroy());
  stream.once('close', () => stream.writableFinished || res.destroy());
  return stream;
}
