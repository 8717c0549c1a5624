import { EventEmitter } from 'node:events';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DICTIONARY } from '../../src/nodes/streams/spdy/dictionary.ts';
import { HeaderWriter, uint32 } from '../../src/nodes/streams/spdy/headers.ts';
import { SpdyConnection, type SpdyTransport } from '../../src/nodes/streams/spdy/spdy-connection.ts';
import type { SpdyStream } from '../../src/nodes/streams/spdy/spdy-stream.ts';

/** A client that packs its headers as Go's does: one deflate stream, flushed after each block. */
class Client extends EventEmitter implements SpdyTransport {
  readonly sent: Buffer[] = [];
  private readonly deflate = createDeflate({ dictionary: DICTIONARY });
  private packed: Buffer[] = [];

  constructor() {
    super();
    this.deflate.on('data', (chunk: Buffer) => this.packed.push(chunk));
  }
  write(data: Buffer): boolean {
    this.sent.push(data);
    return true;
  }
  end(): void {
    this.emit('closed');
  }
  onData(listener: (chunk: Buffer) => void): void {
    this.on('bytes', listener);
  }
  onDrain(): void {}
  pause(): void {}
  resume(): void {}
  onClose(listener: () => void): void {
    this.on('closed', listener);
  }

  async open(id: number, headers: Record<string, string>): Promise<Buffer> {
    const entries = Object.entries(headers).flatMap(([name, value]) => [
      uint32(name.length),
      Buffer.from(name),
      uint32(value.length),
      Buffer.from(value),
    ]);
    this.deflate.write(Buffer.concat([uint32(Object.keys(headers).length), ...entries]));
    await new Promise<void>((resolve) => this.deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const block = Buffer.concat(this.packed.splice(0));
    const payload = Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), block]);
    return Buffer.concat([Buffer.from([0x80, 3, 0, 1]), uint32(payload.length), payload]);
  }
}

const data = (id: number, text: string, fin = false): Buffer =>
  Buffer.concat([uint32(id), uint32(((fin ? 1 : 0) << 24) | text.length), Buffer.from(text)]);

describe('a SPDY connection', () => {
  it('opens streams by their headers and carries data both ways, however the bytes are cut', async () => {
    const client = new Client();
    const connection = new SpdyConnection(client);
    const streams: SpdyStream[] = [];
    const heard: string[] = [];
    connection.on('stream', (stream: SpdyStream) => {
      streams.push(stream);
      stream.listen(
        (chunk) => heard.push(`${stream.id}: ${chunk}`),
        () => heard.push(`${stream.id} end`),
      );
    });
    const bytes = Buffer.concat([
      await client.open(1, { streamtype: 'error', port: '80', requestid: '0' }),
      await client.open(3, { streamtype: 'data', port: '80', requestid: '0' }),
      data(3, 'hello'),
      data(3, '', true),
    ]);
    for (let at = 0; at < bytes.length; at += 7) client.emit('bytes', bytes.subarray(at, at + 7));
    await new Promise<void>((resolve) => {
      const look = (): void => (heard.includes('3 end') ? resolve() : void setImmediate(look));
      look();
    });
    expect(streams.map(({ headers }) => headers['streamtype'])).toEqual(['error', 'data']);
    expect(heard).toEqual(['3: hello', '3 end']);
    streams[1]!.write(Buffer.from('answer'));
    expect(client.sent.at(-1)).toEqual(data(3, 'answer'));
    connection.close();
  });

  it('packs headers so that a zlib stream with the dictionary unpacks them', async () => {
    const writer = new HeaderWriter();
    const inflate = createInflate({ dictionary: DICTIONARY });
    const out: Buffer[] = [];
    inflate.on('data', (chunk: Buffer) => out.push(chunk));
    inflate.write(writer.write({ a: 'b' }));
    inflate.write(writer.write({}));
    await new Promise<void>((resolve) => inflate.flush(constants.Z_SYNC_FLUSH, resolve));
    expect(Buffer.concat(out)).toEqual(
      Buffer.concat([uint32(1), uint32(1), Buffer.from('a'), uint32(1), Buffer.from('b'), uint32(0)]),
    );
  });
});
