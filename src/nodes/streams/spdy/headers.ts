import { createInflate, constants, type Inflate } from 'node:zlib';
import { DICTIONARY, DICTIONARY_ADLER } from './dictionary.ts';

export type Headers = Record<string, string>;

/** Bytes that one header block may unpack to. */
const MAX_BLOCK = 64 * 1024;

/** Unpacks the header blocks of one connection, which share one zlib stream, so in the order of their frames. */
export class HeaderReader {
  private readonly inflate: Inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  private collected: Buffer[] = [];
  private size = 0;

  constructor() {
    // The reader of the block hears of it; this keeps one that comes between two blocks from ending the process.
    this.inflate.on('error', () => undefined);
    this.inflate.on('data', (chunk: Buffer) => {
      this.size += chunk.length;
      if (this.size <= MAX_BLOCK) this.collected.push(chunk);
      else this.inflate.destroy(new Error('header block is too large'));
    });
  }

  /** The headers of one block. Throws for a block that is none, and when the reader is closed before it was read. */
  async read(block: Buffer): Promise<Headers> {
    await this.unpack(block);
    const data = Buffer.concat(this.collected);
    this.collected = [];
    this.size = 0;
    return parse(data);
  }

  private unpack(block: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.inflate.once('error', reject);
      // A write that is waiting when the stream is closed is called back with the reason.
      this.inflate.write(block, (closed) => {
        // The transform's output is pushed before its write is called back.
        setImmediate(() => {
          this.inflate.off('error', reject);
          if (closed) reject(closed);
          else resolve();
        });
      });
    });
  }

  close(): void {
    this.inflate.close();
  }
}

function parse(data: Buffer): Headers {
  const headers: Headers = {};
  let at = 0;
  const word = (): string => {
    const length = data.readUInt32BE(at);
    const end = at + 4 + length;
    if (end > data.length) throw new RangeError('a header is longer than its block');
    const text = data.toString('latin1', at + 4, end);
    at = end;
    return text;
  };
  const count = data.readUInt32BE(at);
  at += 4;
  for (let n = 0; n < count; n++) {
    const name = word();
    headers[name.toLowerCase()] = word();
  }
  return headers;
}

/** An empty stored block: a reader such as Go's hands out what it has only when it meets one. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Packs header blocks without compressing them: stored blocks of one zlib stream. The server sends next to no headers,
 * and this way needs no state but whether the stream's own header was sent.
 */
export class HeaderWriter {
  private begun = false;

  write(headers: Headers): Buffer {
    const entries = Object.entries(headers);
    const pieces = [uint32(entries.length)];
    for (const [name, value] of entries) {
      pieces.push(uint32(name.length), Buffer.from(name), uint32(value.length), Buffer.from(value));
    }
    const data = Buffer.concat(pieces);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(data.length, 1);
    stored.writeUInt16LE(~data.length & 0xffff, 3);
    const start = this.begun ? [] : [Buffer.from([0x78, 0xbb]), uint32(DICTIONARY_ADLER)];
    this.begun = true;
    return Buffer.concat([...start, stored, data, FLUSH]);
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
