import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { streamOf } from '../exchange.ts';

/** Methods whose body some servers do not read: what is left unread would be the beginning of the next request. */
const OFTEN_UNREAD = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Whether the client has promised a body, whatever the method. */
export function hasBody(req: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  if (req.httpVersionMajor === 2) return streamOf(req)?.endAfterHeaders === false && length !== '0';
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/**
 * The headers that say where the body ends, for the request that it is forwarded by: made anew, so that no header of the
 * client's can promise another one than is sent. A connection is used for nothing else after a body that its target may
 * not read.
 */
export function framing(req: IncomingMessage): OutgoingHttpHeaders {
  const { 'content-length': length } = req.headers;
  if (!hasBody(req)) return OFTEN_UNREAD.has(req.method ?? '') ? {} : { 'content-length': '0' };
  const frame = length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
  return OFTEN_UNREAD.has(req.method ?? '') ? { ...frame, connection: 'close' } : frame;
}

/** Sends the body on at the target's pace. A client that leaves before its end ends the request: half a body is none. */
export function sendBody(req: IncomingMessage, request: ClientRequest): void {
  if (!hasBody(req)) return void request.end();
  req.once('close', () => {
    if (!req.complete) request.destroy();
  });
  req.pipe(request);
}
