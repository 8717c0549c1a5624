import { FINAL, MASKED, masking, OP } from './frame.ts';

/** Bytes of one message: kubectl and kubelets send some tens of KB at once. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Frames of one message: even empty ones have to be kept until its last. */
const MAX_PARTS = 4096;
/** Bytes of a frame that says nothing of the message (RFC 6455, 5.5). */
const MAX_CONTROL = 125;
const RESERVED = 0x70;
const NOTHING = Buffer.alloc(0);

/** What the other end did wrong. */
export class WebSocketError extends Error {
  /** @param code what the connection is closed with (RFC 6455, 7.4.1) */
  constructor(
    readonly code: 1002 | 1009,
    message: string,
  ) {
    super(message);
  }
}

/** A message or a control frame: `op` is never `continuation`. */
export interface WebSocketMessage {
  op: number;
  data: Buffer;
}

/** Makes messages of what comes over one WebSocket, without extensions. What it keeps of the other end is bounded. */
export class MessageReader {
  /** What has come, and is no whole frame yet: the first `#length` bytes. */
  #kept: Buffer = NOTHING;
  #length = 0;
  /** Of the message that has begun: its kind, and its frames. */
  #op: number | undefined;
  #parts: Buffer[] = [];
  #size = 0;

  /** @param masked whether the other end is a client */
  constructor(private readonly masked: boolean) {}

  /** What is whole with this chunk; messages with control frames between them as they came. @throws {WebSocketError} */
  *read(chunk: Buffer): Generator<WebSocketMessage, void, undefined> {
    const all = this.#length === 0 ? chunk : this.#keep(chunk);
    let at = 0;
    for (let frame = this.#next(all); frame; frame = this.#next(all.subarray(at))) {
      at += frame.bytes;
      const message = this.#message(frame);
      if (message) yield message;
    }
    // a frame that is kept and not whole stays where it is
    if (at === 0 && this.#length > 0) return;
    const rest = all.subarray(at);
    this.#length = 0;
    if (rest.length > 0) this.#keep(rest);
    else this.#kept = NOTHING;
  }

  /** Grows by doubling: a frame that comes byte by byte is not copied with each. */
  #keep(chunk: Buffer): Buffer {
    const length = this.#length + chunk.length;
    if (length > this.#kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#kept.length));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    chunk.copy(this.#kept, this.#length);
    this.#length = length;
    return this.#kept.subarray(0, length);
  }

  /** RFC 6455, 5.2. Undefined: it is not all there yet. */
  #next(all: Buffer): { bytes: number; op: number; isLast: boolean; data: Buffer } | undefined {
    if (all.length < 2) return undefined;
    const [first = 0, second = 0] = all;
    const op = first & 0x0f;
    const isLast = (first & FINAL) !== 0;
    const masked = (second & MASKED) !== 0;
    if (masked !== this.masked) throw new WebSocketError(1002, `a frame is ${masked ? '' : 'not '}masked`);
    if (first & RESERVED || (op > OP.binary && op < OP.close) || op > OP.pong)
      throw new WebSocketError(1002, 'a frame is of an unknown kind');
    const short = second & 0x7f;
    if (op >= OP.close && (short > MAX_CONTROL || !isLast))
      throw new WebSocketError(1002, 'a control frame is too long');
    const more = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (all.length < 2 + more) return undefined;
    const length = more === 0 ? short : more === 2 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2));
    if (length > MAX_MESSAGE) throw new WebSocketError(1009, 'a message is too long');
    const begin = 2 + more + (masked ? 4 : 0);
    const bytes = begin + length;
    if (all.length < bytes) return undefined;
    const payload = all.subarray(begin, bytes);
    // what is kept is written over by what comes
    const data = masked ? masking(payload, all.subarray(begin - 4, begin)) : Buffer.from(payload);
    return { bytes, op, isLast, data };
  }

  #message({ op, isLast, data }: { op: number; isLast: boolean; data: Buffer }): WebSocketMessage | undefined {
    if (op >= OP.close) return { op, data };
    if ((op === OP.continuation) !== (this.#op !== undefined))
      throw new WebSocketError(1002, 'a message begins within another, or goes on without having begun');
    this.#op ??= op;
    this.#size += data.length;
    if (this.#size > MAX_MESSAGE || this.#parts.length === MAX_PARTS)
      throw new WebSocketError(1009, 'a message is too long');
    this.#parts.push(data);
    if (!isLast) return undefined;
    const whole = { op: this.#op, data: this.#parts.length === 1 ? data : Buffer.concat(this.#parts) };
    this.#op = undefined;
    this.#parts = [];
    this.#size = 0;
    return whole;
  }
}
