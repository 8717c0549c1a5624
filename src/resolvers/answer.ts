import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { nextTurn } from '../api/fairness/turns.ts';
import { compressing, isWorthIt, type Encoding } from './compression.ts';
import { JsonBytes, type JsonText } from './json-text.ts';

/** Bytes of one write. */
const CHUNK = 128 * 1024;
/** A client that takes nothing of its answer for so long is given up, ms: who waits behind it has waited long enough. */
const STALL_MS = 30_000;

/** Pieces as buffers of about one size. */
export function* chunks(pieces: Iterable<Buffer>, size = CHUNK): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < size) continue;
    yield waiting.length === 1 ? piece : Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  if (bytes) yield Buffer.concat(waiting, bytes);
}

/** An answer at the pace of its client: what it has not taken is not copied yet. */
export async function answer(
  res: ServerResponse,
  code: number,
  type: string,
  text: JsonText,
  encoding?: Encoding,
): Promise<void> {
  // a stream that is given text makes room for three bytes of each character, and copies it
  const json = typeof text === 'string' ? new JsonBytes([Buffer.from(text)]) : text;
  const { length } = json;
  const headers = { 'content-type': `${type}; charset=utf-8`, vary: 'accept-encoding' };
  if (encoding && isWorthIt(length)) {
    res.writeHead(code, { ...headers, 'content-encoding': encoding });
    const compressed = compressing(res, encoding);
    await writePieces(compressed, json.pieces);
    await ended(compressed, res);
    return;
  }
  res.writeHead(code, { ...headers, 'content-length': length });
  if (length <= CHUNK) return void res.end(json.buffer);
  await writePieces(res, json.pieces);
  res.end();
}

/** Resolves when all is on its way, or the client has gone. */
export async function writePieces(res: Writable, pieces: Iterable<Buffer>): Promise<void> {
  let gone = false;
  const onClose = (): void => void (gone = true);
  res.once('close', onClose);
  for (const chunk of chunks(pieces)) {
    if (!res.write(chunk)) await drained(res);
    if (gone) return;
    await nextTurn();
  }
  res.off('close', onClose);
}

/** Ends what compresses an answer: resolves when all of that is on its way, or the client has gone; one that takes nothing is cut. */
function ended(compressed: Writable, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => res.destroy(), STALL_MS);
    const done = (): void => {
      clearTimeout(stalled);
      resolve();
    };
    res.once('finish', done).once('close', done);
    compressed.end();
  });
}

/** Resolves when the client has taken what was written, or has gone; one that takes nothing is cut. */
export function drained(res: Writable): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => res.destroy(), STALL_MS);
    const done = (): void => {
      clearTimeout(stalled);
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.once('drain', done);
    res.once('close', done);
  });
}
