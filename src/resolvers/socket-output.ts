import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { nextTurn } from '../api/fairness/turns.ts';
import { chunks } from './answer.ts';
import { JsonBytes, type JsonText } from './json-text.ts';

/** Bytes that may wait to be sent before further messages wait for these to be gone. */
const HIGH_WATER = 256 * 1024;
/** From here on the pieces of a message are written as they are, and not joined first. */
const LARGE = 32 * 1024;
/** From here on a message goes in fragments, so that what its client has not taken is not copied yet. */
const FRAGMENTED = 512 * 1024;

/** What is sent over one socket: messages in order, at the pace of the client. */
export class SocketOutput {
  private corked = false;
  /** the last message of those that wait */
  private last: Promise<void> | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly raw: Duplex,
  ) {}

  /** The client does not take what it is sent. */
  get full(): boolean {
    return this.last !== undefined || this.raw.writableLength >= HIGH_WATER;
  }

  /** Undefined, or where messages wait: when this one is on its way, or the connection is gone. */
  send(message: JsonText): Promise<void> | undefined {
    if (!this.full && message.length < FRAGMENTED) {
      this.write(message);
      return undefined;
    }
    const sent = this.sendAfter(this.last, message);
    this.last = sent;
    void sent.then(() => {
      if (this.last === sent) this.last = undefined;
    });
    return sent;
  }

  private async sendAfter(before: Promise<void> | undefined, message: JsonText): Promise<void> {
    await before;
    await this.taken();
    if (message.length < FRAGMENTED) return this.write(message);
    const pieces = typeof message === 'string' ? [Buffer.from(message)] : message.pieces;
    for (const chunk of chunks(pieces)) {
      if (!this.isOpen) return;
      this.cork();
      this.socket.send(chunk, { binary: false, fin: false });
      await this.taken();
      await nextTurn();
    }
    if (this.isOpen) this.socket.send('', { binary: false, fin: true });
  }

  /** Resolves when the client has taken what was written, or has gone. */
  private async taken(): Promise<void> {
    const { raw } = this;
    if (raw.writableLength < HIGH_WATER || raw.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        raw.off('drain', done);
        raw.off('close', done);
        resolve();
      };
      raw.once('drain', done);
      raw.once('close', done);
    });
  }

  private get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  private write(message: JsonText): void {
    if (!this.isOpen) return;
    this.cork();
    if (typeof message === 'string') this.socket.send(message, { binary: false });
    else if (message.length < LARGE) this.socket.send(message.buffer, { binary: false });
    else this.writePieces(message);
  }

  /** A frame as ws would make it, without a copy. ws writes to the same socket at once, so the order stays. */
  private writePieces({ length, pieces }: JsonBytes): void {
    this.raw.write(frameHeader(length));
    for (const piece of pieces) this.raw.write(piece);
  }

  /** What is sent in one turn goes out in one write: with TLS each write is a record and a system call. */
  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.raw.cork();
    process.nextTick(() => {
      this.corked = false;
      this.raw.uncork();
    });
  }
}

/** Of an unmasked text message in one frame (RFC 6455, 5.2). */
function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(length < 0x10000 ? 4 : 10);
  header[0] = 0x81;
  if (length < 0x10000) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return header;
}
