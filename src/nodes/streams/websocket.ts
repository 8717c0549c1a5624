import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Bytes of one message from a client; kubectl sends at most 32 KiB at once. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

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
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return new WebSocketConnection(socket, head);
}

/** A server's end of a WebSocket. Events: `message` (Buffer, isText), `drain`, `close`. */
export class WebSocketConnection extends EventEmitter {
  private buffer: Buffer;
  private fragments: Buffer[] = [];
  private text = false;
  private closed = false;

  constructor(
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    super();
    this.buffer = head;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.emit('drain'));
    socket.on('error', () => this.gone());
    socket.on('close', () => this.gone());
    socket.on('end', () => this.gone());
    if (head.length) setImmediate(() => this.receive(Buffer.alloc(0)));
  }

  /** False when the client reads slowly: the caller then waits for `drain`. */
  send(data: Buffer, text = false): boolean {
    if (this.closed) return true;
    this.socket.write(header(text ? OP.text : OP.binary, data.length));
    return this.socket.write(data);
  }

  close(code = 1000): void {
    if (this.closed) return;
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.socket.write(Buffer.concat([header(OP.close, 2), body]));
    this.socket.end();
    this.gone();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private gone(): void {
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
    this.socket.end();
  }

  private receive(chunk: Buffer): void {
    this.buffer = this.buffer.length ? Buffer.concat([this.buffer, chunk]) : chunk;
    for (let frame = this.next(); frame && !this.closed; frame = this.next()) this.handle(frame);
  }

  private next(): { final: boolean; op: number; data: Buffer } | undefined {
    const { buffer } = this;
    if (buffer.length < 2) return undefined;
    const short = buffer[1]! & 0x7f;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (buffer.length < 2 + extra) return undefined;
    const length = extra === 0 ? short : extra === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (length > MAX_MESSAGE) {
      this.close(1009);
      return undefined;
    }
    const masked = (buffer[1]! & 0x80) !== 0;
    const start = 2 + extra + (masked ? 4 : 0);
    if (buffer.length < start + length) return undefined;
    const data = Buffer.from(buffer.subarray(start, start + length));
    if (masked) for (let i = 0; i < length; i++) data[i]! ^= buffer[start - 4 + (i & 3)]!;
    this.buffer = buffer.subarray(start + length);
    return { final: (buffer[0]! & 0x80) !== 0, op: buffer[0]! & 0x0f, data };
  }

  private handle({ final, op, data }: { final: boolean; op: number; data: Buffer }): void {
    if (op === OP.ping) this.socket.write(Buffer.concat([header(OP.pong, data.length), data]));
    else if (op === OP.close) this.close(1000);
    else if (op === OP.text || op === OP.binary || op === OP.continuation) {
      if (op !== OP.continuation) this.text = op === OP.text;
      this.fragments.push(data);
      if (this.fragments.reduce((sum, each) => sum + each.length, 0) > MAX_MESSAGE) return this.close(1009);
      if (!final) return;
      const message = this.fragments.length === 1 ? this.fragments[0]! : Buffer.concat(this.fragments);
      this.fragments = [];
      this.emit('message', message, this.text);
    }
  }
}

function header(op: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | op, length]);
  if (length < 65536) {
    const short = Buffer.from([0x80 | op, 126, 0, 0]);
    short.writeUInt16BE(length, 2);
    return short;
  }
  const long = Buffer.alloc(10);
  long[0] = 0x80 | op;
  long[1] = 127;
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}
