import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketConnection } from '../websocket.ts';
import { SpdyConnection, type SpdyTransport } from './spdy-connection.ts';

export const isSpdy = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'spdy/3.1';

/** The newest of the client's stream protocols that is supported; `null` when it offers others only. */
export function chooseStreamProtocol(
  request: IncomingMessage,
  supported: readonly string[],
): string | null | undefined {
  const offered = String(request.headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
  if (!offered.length) return undefined;
  return supported.find((each) => offered.includes(each)) ?? null;
}

export function acceptSpdy(socket: Duplex, head: Buffer, protocol: string | undefined): SpdyConnection {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: SPDY/3.1', 'Connection: Upgrade'];
  if (protocol) lines.push(`X-Stream-Protocol-Version: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const connection = new SpdyConnection(overSocket(socket));
  if (head.length) socket.unshift(head);
  return connection;
}

export function overSocket(socket: Duplex): SpdyTransport {
  return {
    write: (data) => !socket.writable || socket.write(data),
    end: () => void socket.end(),
    onData: (listener) => void socket.on('data', listener),
    onDrain: (listener) => void socket.on('drain', listener),
    onClose(listener) {
      for (const event of ['close', 'end', 'error']) socket.on(event, listener);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

/** SPDY inside the binary messages of a WebSocket: what newer clients do for port-forward (KEP-4006). */
export const overWebSocket = (socket: WebSocketConnection): SpdyTransport => ({
  write: (data) => socket.send(data),
  end: () => socket.close(),
  onData: (listener) => void socket.on('message', listener),
  onDrain: (listener) => void socket.on('drain', listener),
  onClose: (listener) => void socket.on('close', listener),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
});
