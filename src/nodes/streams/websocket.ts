import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptOf, frameOf, OP } from '../../rules/websocket/frame.ts';
import { MessageReader, WebSocketError, type WebSocketMessage } from '../../rules/websocket/message-reader.ts';

/** The first of the client's protocols that the server also speaks; undefined when there is none. */
export function chooseProtocol(request: IncomingMessage, supported: readonly string[]): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return offered.find((each) => supported.includes(each));
}

export const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && Boolean(request.headers['sec-websocket-key']);

/** Answers the handshake (RFC 6455, 4.2.2). Protocol names may hold a slash, which stricter servers refuse. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string | undefined,
): WebSocketConnection {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'] ?? '')}`,
  ];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return new WebSocketConnection(socket, head);
}

/** A server's end of a WebSocket. Events: `message` (Buffer, isText), `drain`, `close`. */
export class WebSocketConnection extends EventEmitter {
  private readonly reader = new MessageReader(true);
  private closed = false;

  constructor(
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    super();
    if (head.length) socket.unshift(head);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.emit('drain'));
    socket.on('error', () => this.gone());
    socket.on('close', () => this.gone());
    socket.on('end', () => this.gone());
  }

  /** False when the client reads slowly: the caller then waits for `drain`. */
  send(data: Buffer, text = false): boolean {
    if (this.closed) return true;
    return this.write(text ? OP.text : OP.binary, data);
  }

  close(code = 1000): void {
    if (this.closed) return;
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.write(OP.close, body);
    this.socket.end();
    this.gone();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private write(op: number, data: Buffer): boolean {
    let isWritten = true;
    for (const part of frameOf(op, data, false)) isWritten = this.socket.write(part);
    return isWritten;
  }

  private gone(): void {
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
    this.socket.end();
    // what still comes is let go, so that the end of it is seen
    this.socket.resume();
  }

  private receive(chunk: Buffer): void {
    if (this.closed) return;
    try {
      for (const message of this.reader.read(chunk)) {
        this.handle(message);
        if (this.closed) return;
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.close(error.code);
    }
  }

  private handle({ op, data }: WebSocketMessage): void {
    if (op === OP.close) this.close(1000);
    else if (op === OP.ping) {
      // who does not read is not answered: nothing says how many pings come
      if (!this.socket.writableNeedDrain) this.write(OP.pong, data);
    } else if (op !== OP.pong) this.emit('message', data, op === OP.text);
  }
}
