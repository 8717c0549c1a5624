import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** ms that a connection is kept after its last answer: closed at once, what is still coming in would cut the answer off. */
const LINGER_MS = 500;

const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what is no HTTP/1.1 request, in the form of Go's server, and closes the connection. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // also told of all that still comes in, which is dropped
  if (socket.writable) refuseConnection(ANSWERS[error.code ?? ''] ?? '400 Bad Request', socket);
}

/** Answers a head that is no good, after the answers that are still owed on its connection, and closes that. */
export function refuseHead(answer: string, res: ServerResponse): void {
  // an answer whose turn has come has the socket
  if (res.socket) return refuseConnection(answer, res.socket);
  const [, code, reason] = /^(\d+) (.*)$/.exec(answer) ?? [];
  res.writeHead(Number(code), reason, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(answer);
}

/** The same where nothing is owed. @param answer status code and reason */
export function refuseConnection(answer: string, socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${answer}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${answer}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
