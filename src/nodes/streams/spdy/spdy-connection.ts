import { EventEmitter } from 'node:events';
import { HeaderReader, HeaderWriter, uint32, type Headers } from './headers.ts';
import { FIN, SpdyStream, type SpdySink } from './spdy-stream.ts';

/** Bytes of one frame's payload; clients send at most 64 KiB. */
const MAX_FRAME = 1024 * 1024;
/** Streams that one connection may have open: port-forward opens two for each connection. */
const MAX_STREAMS = 1024;

const VERSION = 3;
const TYPE = { synStream: 1, synReply: 2, rst: 3, ping: 6, goAway: 7, headers: 8, window: 9 } as const;

/** What carries the bytes: an upgraded socket, or the messages of a WebSocket (tunnel). */
export interface SpdyTransport {
  /** false when the other side reads slowly */
  write(data: Buffer): boolean;
  end(): void;
  onData(listener: (chunk: Buffer) => void): void;
  onDrain(listener: () => void): void;
  onClose(listener: () => void): void;
  /** nothing more is read until `resume` */
  pause(): void;
  resume(): void;
}

/** One end of SPDY/3.1. Events: `stream` (SpdyStream, of the other side), `close`. */
export class SpdyConnection extends EventEmitter implements SpdySink {
  private buffer: Buffer = Buffer.alloc(0);
  private readonly reader = new HeaderReader();
  private readonly writer = new HeaderWriter();
  private readonly streams = new Map<number, SpdyStream>();
  private busy = false;
  private closed = false;
  /** the other side has closed; what it said before is still to be heard */
  private ended = false;
  /** who does not take more: streams, and the other side itself, which does not read what it is answered */
  private readonly holding = new Set<SpdyStream | 'answers'>();
  /** a client's streams have odd numbers */
  private next = 1;

  constructor(private readonly transport: SpdyTransport) {
    super();
    transport.onData((chunk) => {
      if (this.closed) return;
      this.buffer = this.buffer.length ? Buffer.concat([this.buffer, chunk]) : chunk;
      if (!this.busy) void this.consume();
    });
    transport.onDrain(() => {
      this.release('answers');
      for (const stream of this.streams.values()) stream.writable();
    });
    transport.onClose(() => {
      this.ended = true;
      if (!this.busy) this.gone();
    });
  }

  /** Opens a stream, as the client. */
  connect(headers: Headers): SpdyStream {
    const id = this.next;
    this.next += 2;
    const stream = new SpdyStream(id, headers, this);
    this.streams.set(id, stream);
    this.control(TYPE.synStream, 0, Buffer.concat([uint32(id), Buffer.alloc(6), this.writer.write(headers)]));
    return stream;
  }

  data(stream: number, data: Buffer, flags: number): boolean {
    if (this.closed) return true;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(stream, 0);
    head.writeUInt32BE(((flags << 24) | data.length) >>> 0, 4);
    return this.transport.write(Buffer.concat([head, data]));
  }

  reply(stream: number): void {
    this.control(TYPE.synReply, 0, Buffer.concat([uint32(stream), this.writer.write({})]));
  }

  reset(stream: number, code: number): void {
    this.control(TYPE.rst, 0, Buffer.concat([uint32(stream), uint32(code)]));
  }

  credit(stream: number, bytes: number): void {
    if (bytes > 0) this.control(TYPE.window, 0, Buffer.concat([uint32(stream), uint32(bytes)]));
  }

  forget(stream: SpdyStream): void {
    this.streams.delete(stream.id);
    this.release(stream);
  }

  hold(by: SpdyStream | 'answers'): void {
    if (this.closed) return;
    this.holding.add(by);
    this.transport.pause();
  }

  release(by: SpdyStream | 'answers'): void {
    if (this.holding.delete(by) && this.holding.size === 0) this.transport.resume();
  }

  close(): void {
    if (this.closed) return;
    this.control(TYPE.goAway, 0, Buffer.concat([uint32(0), uint32(0)]));
    this.transport.end();
    this.gone();
  }

  private gone(): void {
    if (this.closed) return;
    this.closed = true;
    this.reader.close();
    for (const stream of this.streams.values()) stream.aborted();
    this.streams.clear();
    this.holding.clear();
    this.buffer = Buffer.alloc(0);
    // what still comes is let go, so that the end of it is seen
    this.transport.resume();
    this.emit('close');
  }

  private control(type: number, flags: number, payload: Buffer): void {
    if (this.closed) return;
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x8000 | VERSION, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
    if (!this.transport.write(Buffer.concat([head, payload]))) this.hold('answers');
  }

  /** One frame after the other: header blocks share a zlib stream, so their order matters. */
  private async consume(): Promise<void> {
    this.busy = true;
    try {
      while (!this.closed && this.buffer.length >= 8) {
        const length = this.buffer.readUInt32BE(4) & 0xffffff;
        if (length > MAX_FRAME) throw new Error('frame is too large');
        if (this.buffer.length < 8 + length) break;
        const head = this.buffer.subarray(0, 8);
        const payload = this.buffer.subarray(8, 8 + length);
        this.buffer = this.buffer.subarray(8 + length);
        if (head[0]! & 0x80) await this.handleControl(head.readUInt16BE(2), head[4]!, payload);
        else this.streams.get(head.readUInt32BE(0))?.received(Buffer.from(payload), (head[4]! & FIN) !== 0);
      }
    } catch {
      this.close();
    }
    this.busy = false;
    if (this.ended) this.gone();
  }

  private async handleControl(type: number, flags: number, payload: Buffer): Promise<void> {
    const id = payload.length >= 4 ? payload.readUInt32BE(0) & 0x7fffffff : 0;
    if (type === TYPE.synStream) return this.open(id, flags, await this.reader.read(payload.subarray(10)));
    if (type === TYPE.headers || type === TYPE.synReply) await this.reader.read(payload.subarray(4));
    else if (type === TYPE.ping) this.control(TYPE.ping, 0, payload);
    else if (type === TYPE.rst) this.streams.get(id)?.aborted();
    else if (type === TYPE.goAway && this.streams.size === 0) this.close();
    // Windows and settings only concern flow control, which clients of Kubernetes do not do (see SpdyStream).
  }

  private open(id: number, flags: number, headers: Headers): void {
    if (this.streams.size >= MAX_STREAMS) return this.reset(id, 3);
    const stream = new SpdyStream(id, headers, this);
    this.streams.set(id, stream);
    this.reply(id);
    this.emit('stream', stream);
    if (flags & FIN) stream.received(Buffer.alloc(0), true);
  }
}
