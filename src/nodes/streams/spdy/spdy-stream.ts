import { EventEmitter } from 'node:events';
import type { Headers } from './headers.ts';

/** Bytes of a data frame that the server sends. */
const CHUNK = 32 * 1024;
export const FIN = 1;
/** Frames and bytes that come before somebody listens: clients send little before their streams are answered. */
const EARLY_FRAMES = 256;
const EARLY_BYTES = 1024 * 1024;

/** Where a stream's frames go: its connection. */
export interface SpdySink {
  /** False when the other side reads slowly. */
  data(stream: number, data: Buffer, flags: number): boolean;
  /** Gives the client room for as many bytes as were taken. */
  credit(stream: number, bytes: number): void;
  reset(stream: number, code: number): void;
  /** Nothing more goes or comes by this stream. */
  forget(stream: SpdyStream): void;
  /** The stream takes no more: nothing is read of any, as they come by one connection. */
  hold(by: SpdyStream): void;
  release(by: SpdyStream): void;
}

/**
 * One stream. Events: `data`, `end` (the client has finished), `close` (either side gave it up), `drain`.
 *
 * The clients of Kubernetes neither send nor await window updates (their library does not implement flow control), so
 * sending is bounded by the connection's own back-pressure; credit is given all the same, for clients that wait for it.
 */
export class SpdyStream extends EventEmitter {
  private finished = false;
  private over = false;
  private blocked = false;
  /** frames that came before somebody listened */
  private early: { data: Buffer; end: boolean }[] = [];
  private earlyBytes = 0;
  private listening = false;

  constructor(
    readonly id: number,
    readonly headers: Headers,
    private readonly connection: SpdySink,
  ) {
    super();
  }

  /** Starts the events; what came before is told first. */
  listen(onData: (data: Buffer) => void, onEnd: () => void): void {
    this.on('data', onData);
    this.on('end', onEnd);
    this.listening = true;
    for (const { data, end } of this.early.splice(0)) this.received(data, end);
  }

  /** False: wait for `drain`. */
  write(data: Buffer): boolean {
    if (this.finished) return true;
    let free = true;
    for (let at = 0; at < data.length; at += CHUNK)
      free = this.connection.data(this.id, data.subarray(at, at + CHUNK), 0) && free;
    this.blocked = !free;
    return free;
  }

  /** What comes is kept with the other side until `resume`. */
  pause(): void {
    if (!this.over) this.connection.hold(this);
  }

  resume(): void {
    this.connection.release(this);
  }

  end(): void {
    if (this.finished) return;
    this.finished = true;
    this.connection.data(this.id, Buffer.alloc(0), FIN);
    this.maybeForget();
  }

  reset(code = 5): void {
    this.connection.reset(this.id, code);
    this.aborted();
  }

  received(data: Buffer, end: boolean): void {
    if (!this.listening) {
      this.earlyBytes += data.length;
      if (this.early.length >= EARLY_FRAMES || this.earlyBytes > EARLY_BYTES) return this.reset();
      return void this.early.push({ data, end });
    }
    if (data.length) {
      this.emit('data', data);
      this.connection.credit(this.id, data.length);
    }
    if (!end || this.over) return;
    this.over = true;
    this.emit('end');
    this.maybeForget();
  }

  writable(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.emit('drain');
  }

  aborted(): void {
    this.finished = true;
    this.over = true;
    this.early = [];
    this.connection.forget(this);
    this.emit('close');
  }

  private maybeForget(): void {
    if (this.finished && this.over) this.connection.forget(this);
  }
}
