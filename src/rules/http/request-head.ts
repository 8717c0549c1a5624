import type { IncomingMessage } from 'node:http';

/** Lines of a head; what comes after them Node drops, so a head that long is not known whole. */
export const MAX_HEADERS = 2000;

/** What stands between the colon and the end of the line of a host: a name or an address, and a port. */
const HOST = /^[\w.~!$&'()*+,;=:@%[\]-]*$/;

/**
 * Why a head that Node's parser has taken is none: the status line that answers it, and after it the connection is
 * closed, for another server might see another request in the same bytes. Undefined for a good one. Of HTTP/1 only.
 * Source: Go's net/http, whose words these are.
 */
export function headProblem(req: IncomingMessage): string | undefined {
  const { headers, rawHeaders, httpVersionMajor, httpVersionMinor } = req;
  if (httpVersionMajor === 0) return '400 Bad Request';
  if (httpVersionMajor !== 1) return '505 HTTP Version Not Supported: unsupported protocol version';
  if (rawHeaders.length >= 2 * MAX_HEADERS) return '431 Request Header Fields Too Large';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return '501 Not Implemented: Unsupported transfer encoding';
  if (headers.host === undefined && httpVersionMinor > 0) return '400 Bad Request: missing required Host header';
  if (!HOST.test(headers.host ?? '')) return '400 Bad Request: malformed Host header';
  if (countOf(rawHeaders, 'host') > 1) return '400 Bad Request: too many Host headers';
  return undefined;
}

/** An upgrade ends HTTP: a body behind its head would be read as the other protocol's bytes, or as another request. */
export function upgradeProblem(req: IncomingMessage): string | undefined {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = req.headers;
  if (coding !== undefined || Number(length) !== 0) return '400 Bad Request: upgrade with a body';
  return headProblem(req);
}

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) count++;
  return count;
}
