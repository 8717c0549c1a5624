import type { Clock } from '../../rules/clock.ts';
import type { Sink } from './contract.ts';

/** ms that an event waits for others to be written with it */
const WAIT_MS = 500;
/** Bytes of one write, unless a single event has more; a batch that has them is not waited for. */
const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
/** Bytes that may wait for a slow disk; events beyond are dropped, and counted. */
const MAX_WAITING = 16 * 1024 * 1024;

export interface BatchOptions {
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** Writes lines, in order: called again only when it has answered, and the bytes are its own until then. */
  write(lines: Buffer): Promise<void>;
  /** Events did not arrive. @param plugin `buffered` where there was no room for them, `log` where the write failed */
  lost(plugin: string, events: number): void;
  /** said once for as long as writes fail */
  report(line: string): void;
}

/** Lines of some events: so many of its bytes. */
interface Chunk {
  bytes: Buffer;
  length: number;
  events: number;
}

/**
 * Collects events, a line each, so that they cost one write for many. They wait as bytes: a text that was put together of
 * dozens of pieces keeps them all, which the collector of garbage would copy again and again.
 */
export class Batches implements Sink {
  private readonly waiting: Chunk[] = [];
  private size = 0;
  /** of the last write, for the next chunk */
  private spare: Buffer | undefined;
  private timer: unknown;
  private writing: Promise<void> | undefined;
  private failing = false;

  constructor(private readonly options: BatchOptions) {}

  push(text: string): void {
    const bytes = Buffer.byteLength(text) + 1;
    if (this.size + bytes > MAX_WAITING) return this.options.lost('buffered', 1);
    const chunk = this.withRoom(bytes);
    chunk.bytes.write(text, chunk.length);
    chunk.length += bytes;
    chunk.bytes[chunk.length - 1] = NEWLINE;
    chunk.events++;
    this.size += bytes;
    this.schedule();
  }

  async close(): Promise<void> {
    while (this.waiting.length || this.writing) {
      if (!this.writing) this.start();
      await this.writing;
    }
  }

  private withRoom(bytes: number): Chunk {
    const last = this.waiting.at(-1);
    if (last && last.bytes.length - last.length >= bytes) return last;
    const spare = bytes > CHUNK ? undefined : this.spare;
    if (spare) this.spare = undefined;
    const chunk = { bytes: spare ?? Buffer.allocUnsafeSlow(Math.max(CHUNK, bytes)), length: 0, events: 0 };
    this.waiting.push(chunk);
    return chunk;
  }

  private schedule(): void {
    if (this.writing || this.waiting.length === 0) return;
    // one is full where another has been begun
    if (this.waiting.length > 1) this.start();
    else this.timer ??= this.options.clock.setTimeout(() => this.start(), WAIT_MS);
  }

  private start(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.drain().finally(() => {
      this.writing = undefined;
      this.schedule();
    });
  }

  /** What has come during a write waits for others again: under load each write would else have an event or two. */
  private async drain(): Promise<void> {
    let chunk = this.waiting.shift();
    while (chunk) {
      await this.send(chunk);
      chunk = this.waiting.length > 1 ? this.waiting.shift() : undefined;
    }
  }

  private async send({ bytes, length, events }: Chunk): Promise<void> {
    this.size -= length;
    try {
      await this.options.write(bytes.subarray(0, length));
      this.failing = false;
    } catch (error) {
      this.options.lost('log', events);
      if (!this.failing) this.options.report(`audit: events are lost: ${(error as Error).message}`);
      this.failing = true;
    }
    if (bytes.length === CHUNK) this.spare = bytes;
  }
}
