import type { IncomingMessage } from 'node:http';
import { badRequest, requestEntityTooLarge } from '../meta/status.ts';

/** What kube-apiserver takes of one request body. */
const MAX_BODY = 3 * 1024 * 1024;
/** A body that makes no progress for so long is given up. */
const STALL_MS = 30_000;
/** A body that is not there after so long is given up too, however it trickles: whoever sends it has a seat meanwhile. */
export const BODY_TIMEOUT_MS = 300_000;
const EMPTY = Buffer.alloc(0);

/** The whole body, at most `MAX_BODY` bytes (413 beyond), read no slower than one chunk in 30 s, and within five minutes (400). */
export function readBody(req: IncomingMessage): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0);
  const tooLarge = () => requestEntityTooLarge(`Request entity too large: limit is ${MAX_BODY}`);
  if (announced > MAX_BODY) return Promise.reject(tooLarge());
  if (req.readableEnded) return Promise.resolve(EMPTY);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = () => fail(badRequest('request body was not received in time'));
    const timer = setTimeout(late, STALL_MS);
    const whole = setTimeout(late, BODY_TIMEOUT_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      clearTimeout(whole);
      req.removeAllListeners('data');
      req.on('error', () => undefined);
      req.resume();
      reject(error);
    };
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) return fail(tooLarge());
      timer.refresh();
      chunks.push(chunk);
    });
    req.once('end', () => {
      clearTimeout(timer);
      clearTimeout(whole);
      resolve(chunks.length > 1 ? Buffer.concat(chunks, size) : (chunks[0] ?? EMPTY));
    });
    req.once('error', (error) => fail(badRequest(error.message)));
    req.once('aborted', () => fail(badRequest('the client went away')));
  });
}
